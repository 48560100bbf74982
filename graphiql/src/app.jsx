import { DOC_EXPLORER_PLUGIN, DocExplorerStore } from "@graphiql/plugin-doc-explorer";
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { HISTORY_PLUGIN, HistoryStore } from "@graphiql/plugin-history";
import { GraphiQLProvider } from "@graphiql/react";
import { GraphiQL, GraphiQLInterface } from "graphiql";
import { useState } from "react";

import { CredentialBar } from "./credential-bar.jsx";
import { examplesPlugin } from "./examples.jsx";
import { openingTab } from "./opening-tab.js";
import { ThemeButton } from "./theme-button.jsx";
import { useConnection } from "./use-connection.js";

/**
 * The whole page: a bar for the credential, and GraphiQL below it.
 *
 * `graphqlPath`: where operations are sent. `operations`: what to begin with, as `{ name, about, query, variables }`.
 */
export function App({ graphqlPath, operations }) {
  const { fetcher, schema, ...credential } = useConnection(graphqlPath);
  // The same list each time: GraphiQL closes the pane that is open when it is given another.
  const [plugins] = useState(() => [
    DOC_EXPLORER_PLUGIN,
    examplesPlugin(operations),
    explorerPlugin(),
    HISTORY_PLUGIN,
  ]);
  const [opening] = useState(() => openingTab(operations));

  return (
    <GraphiQLProvider
      fetcher={fetcher}
      schema={schema}
      defaultTabs={operations}
      initialQuery={opening?.query}
      initialVariables={opening?.variables}
      plugins={plugins}
      referencePlugin={DOC_EXPLORER_PLUGIN}
      shouldPersistHeaders={false}
      inputValueDeprecation
      schemaDescription
      customScalarSchemas={{ Metadata: { type: "object" }, DateTime: { type: "string" } }}
    >
      <CredentialBar {...credential}>
        <ThemeButton />
      </CredentialBar>
      <main className="ide">
        <HistoryStore>
          <DocExplorerStore>
            {/* Without an editor for headers: a credential that is put into one would end up in the history. */}
            <GraphiQLInterface
              isHeadersEditorEnabled={false}
              showPersistHeadersSettings={false}
              defaultEditorToolsVisibility="variables"
            >
              <GraphiQL.Logo>{null}</GraphiQL.Logo>
            </GraphiQLInterface>
          </DocExplorerStore>
        </HistoryStore>
      </main>
    </GraphiQLProvider>
  );
}
