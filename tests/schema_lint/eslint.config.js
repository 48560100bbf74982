// What graphql-eslint recommends for schemas and for Relay, and, where that doesn't fit, why.
import graphql from "@graphql-eslint/eslint-plugin";

const { rules: recommended } = graphql.configs["flat/schema-recommended"];
const { rules: relay } = graphql.configs["flat/schema-relay"];

export default [
  {
    files: ["**/*.graphql"],
    plugins: { "@graphql-eslint": graphql },
    languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema: "./schema.graphql" } } },
    linterOptions: { noInlineConfig: true },
    rules: {
      ...recommended,
      ...relay,
      "@graphql-eslint/require-nullable-result-in-root": "error",
      "@graphql-eslint/relay-edge-types": [
        "error",
        {
          // States of the past are no nodes: what there is to know of them is a function of their ids.
          shouldImplementNode: false,
          // What nobody pages through is a plain list: a subscription's items, a payload's errors.
          listTypeCanWrapOnlyEdgeType: false,
        },
      ],
      // Parts of an answer are no objects of their own: caches keep them where they were answered.
      "@graphql-eslint/strict-id-in-types": [
        "error",
        {
          exceptions: {
            types: ["EntitlementSource", "PageInfo", "TestClockProgress", "UserError"],
            suffixes: ["Connection", "Edge", "Payload"],
          },
        },
      ],
    },
  },
];
