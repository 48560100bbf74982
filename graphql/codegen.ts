// graphql-codegen with the client preset: typed documents for Apollo Client, urql, graphql-request and every other client
// that takes a TypedDocumentNode. Run it in the folder that holds graphql/ and src/:
//
//   npx graphql-codegen --config graphql/codegen.ts
import type { CodegenConfig } from "@graphql-codegen/cli";
import { addTypenameSelectionDocumentTransform } from "@graphql-codegen/client-preset";
import map from "./scalars.json" with { type: "json" };

const config: CodegenConfig = {
  schema: "graphql/schema.graphql",
  documents: ["graphql/operations/*.graphql", "src/**/*.{ts,tsx}", "!src/gql/**"],
  generates: {
    "src/gql/": {
      preset: "client",
      // Normalised caches need it, and would add it to the text that was registered.
      documentTransforms: [addTypenameSelectionDocumentTransform],
      presetConfig: {
        // Named so that linters don't take it for a hook of React.
        fragmentMasking: { unmaskFunctionName: "getFragmentData" },
        // persisted-documents.json, for servers that answer only what was registered.
        persistedDocuments: true,
      },
      config: {
        scalars: Object.fromEntries(Object.entries(map).map(([name, { typescript }]) => [name, typescript])),
        // A scalar that scalars.json doesn't know is an error, not an `any`.
        strictScalars: true,
        // A value that is new since the types were made is `"%future added value"`: a `switch` without a default for it
        // doesn't compile.
        enumType: "string-literal",
        futureProofEnums: true,
        useTypeImports: true,
      },
    },
  },
};

export default config;
