// Asks a company's graph of users and of what Admittance knows of them: requests come on standard input as a JSON array
// of { query, variables, secret }, and their answers go out as one.
import { readFileSync } from "node:fs";
import { json } from "node:stream/consumers";

import { serveCompany } from "./company.mjs";
import { serve } from "./gateway.mjs";
import { composed } from "./graph.mjs";

const { ADMITTANCE_URL: admittance, ADMITTANCE_KEY: key } = process.env;

const post = async (url, secret, body) => {
  const headers = { "content-type": "application/json", ...(secret && { authorization: `Bearer ${secret}` }) };
  return (await fetch(url, { method: "POST", headers, body: JSON.stringify(body) })).json();
};

const sdls = {
  admittance: (await post(admittance, key, { query: "{ _service { sdl } }" })).data._service.sdl,
  company: readFileSync("company.graphql", "utf8"),
};
const company = await serveCompany(sdls.company);
const { supergraphSdl } = composed(sdls, { admittance, company: company.url });
const graph = await serve(supergraphSdl, 0);

const answers = [];
for (const { secret, ...body } of await json(process.stdin)) answers.push(await post(graph.url, secret, body));
await graph.stop();
await company.stop();
console.log(JSON.stringify(answers));
