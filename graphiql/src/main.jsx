import "graphiql/setup-workers/vite";

import { createRoot } from "react-dom/client";

import { App } from "./app.jsx";

import "@graphiql/react/font/fira-code.css";
import "@graphiql/react/style.css";
import "graphiql/graphiql.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "@graphiql/plugin-explorer/style.css";
import "./page.css";

// What the server knows and the bundle doesn't: where GraphQL is, and the operations to begin with.
const configuration = JSON.parse(document.getElementById("configuration").textContent);

createRoot(document.getElementById("page")).render(<App {...configuration} />);
