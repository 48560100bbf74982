// The graph of several subgraphs, composed as Apollo's tools do.
import { composeServices } from "@apollo/composition";
import { parse } from "graphql";

/** The supergraph of SDLs by the names of their subgraphs, or what stands against it; `urls` are where they are. */
export const composed = (sdls, urls = {}) =>
  composeServices(
    Object.entries(sdls).map(([name, sdl]) => ({ name, url: urls[name] ?? `http://${name}`, typeDefs: parse(sdl) })),
  );
