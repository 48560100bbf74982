import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useEffect, useState } from "react";

const DARK = window.matchMedia("(prefers-color-scheme: dark)");

/** Switches between light and dark. Until it is used the page follows the system, also when that changes. */
export function ThemeButton() {
  const theme = useGraphiQL((state) => state.theme);
  const { setTheme } = useGraphiQLActions();
  const [systemIsDark, setSystemIsDark] = useState(DARK.matches);

  useEffect(() => {
    function follow() {
      setSystemIsDark(DARK.matches);
      // The style sheets follow by themselves, the editors only when they are told.
      if (theme === null) setTheme(null);
    }
    DARK.addEventListener("change", follow);
    return () => DARK.removeEventListener("change", follow);
  }, [theme, setTheme]);

  const isDark = theme === null ? systemIsDark : theme === "dark";
  const other = isDark ? "light" : "dark";
  return (
    <button type="button" className="theme" aria-label={`Use the ${other} theme`} onClick={() => setTheme(other)}>
      <span aria-hidden="true">{isDark ? "☀" : "☾"}</span>
    </button>
  );
}
