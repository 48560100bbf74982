import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";

/** A pane that lists the operations the server ships, so that one whose tab was closed or changed can be had again. */
export function examplesPlugin(operations) {
  return { title: "Examples", icon: ExamplesIcon, content: () => <Examples operations={operations} /> };
}

function Examples({ operations }) {
  const { queryEditor, variableEditor } = useGraphiQL(({ queryEditor, variableEditor }) => ({
    queryEditor,
    variableEditor,
  }));
  const { addTab } = useGraphiQLActions();

  function open({ query, variables }) {
    addTab();
    queryEditor.setValue(query);
    variableEditor.setValue(variables);
  }

  return (
    <section className="examples" aria-label="Examples">
      <h2 className="graphiql-doc-explorer-title">Examples</h2>
      <ul>
        {operations.map((operation) => (
          <li key={operation.name}>
            <button type="button" onClick={() => open(operation)}>
              <strong>{operation.name}</strong>
              <span>{operation.about}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function ExamplesIcon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
      <path d="M5 4h14v16H5zM9 9h6M9 13h6M9 17h3" />
    </svg>
  );
}
