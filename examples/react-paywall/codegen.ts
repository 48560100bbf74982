// The configuration that comes with the contract, over the operations of this app alone.
import type { CodegenConfig } from "@graphql-codegen/cli";
import ready from "./graphql/codegen";

const config: CodegenConfig = { ...ready, documents: ["backend/**/*.ts", "src/**/*.{ts,tsx}", "!src/gql/**"] };

export default config;
