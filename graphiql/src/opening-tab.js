// Under this name GraphiQL keeps its tabs; see STORAGE_KEY in @graphiql/react and the prefix in @graphiql/toolkit.
const STORED_TABS = "graphiql:tabState";

/**
 * The tab that is in front when the page opens: the one of last time, else the first operation.
 *
 * GraphiQL restores its tabs, but fills its editors from elsewhere: unless it is told, the variables stay empty until
 * another tab is chosen.
 */
export function openingTab(operations) {
  try {
    const { tabs, activeTabIndex } = JSON.parse(localStorage.getItem(STORED_TABS));
    return tabs[activeTabIndex] ?? tabs[0];
  } catch {
    return operations[0];
  }
}
