// Composes the subgraphs that stand on standard input by their names, and prints what comes of it as JSON.
import { json } from "node:stream/consumers";

import { composed } from "./graph.mjs";

const { errors = [], supergraphSdl } = composed(await json(process.stdin));
console.log(JSON.stringify({ errors: errors.map(({ message }) => message), supergraph: supergraphSdl ?? null }));
