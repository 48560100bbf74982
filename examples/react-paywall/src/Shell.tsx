import { ConnectionBanner } from "./ConnectionBanner";
import { useEntitlement } from "./entitlements/useEntitlement";
import { useKnown } from "./entitlements/useKnown";
import { Account } from "./pages/Account";
import { Plans } from "./pages/Plans";
import { TOOLS, type Tool, ToolPage } from "./product/tools";
import { useRoute } from "./useRoute";

/** What surrounds every page of a signed-in customer. */
export function Shell({ onSignOut }: { onSignOut: () => void }) {
  const route = useRoute();
  const customer = useKnown()?.viewer?.customer;
  return (
    <>
      <header>
        <a className="brand" href="#/">
          Fieldwork
        </a>
        <nav aria-label="Pages">
          {TOOLS.map((tool) => (
            <ToolLink key={tool.slug} tool={tool} route={route} />
          ))}
          <PageLink slug="plans" title="Plans" route={route} />
          <PageLink slug="account" title="Account" route={route} />
        </nav>
        <span className="who">{customer?.name}</span>
        <button className="quiet" onClick={onSignOut}>
          Sign out
        </button>
      </header>
      <ConnectionBanner />
      <main>
        <Page route={route} />
      </main>
    </>
  );
}

function Page({ route }: { route: string }) {
  if (route === "plans") return <Plans />;
  if (route === "account") return <Account />;
  return <ToolPage tool={TOOLS.find(({ slug }) => slug === route) ?? TOOLS[0]} />;
}

function ToolLink({ tool, route }: { tool: Tool; route: string }) {
  const isLocked = useEntitlement(tool.feature).state === "locked";
  return <PageLink slug={tool.slug} title={tool.title} route={route || TOOLS[0].slug} isLocked={isLocked} />;
}

function Padlock() {
  return (
    <svg className="padlock" viewBox="0 0 16 16" role="img" aria-label="locked">
      <path d="M4 7V5a4 4 0 0 1 8 0v2h1v8H3V7zm2 0h4V5a2 2 0 0 0-4 0z" fill="currentColor" fillRule="evenodd" />
    </svg>
  );
}

type LinkProps = { slug: string; title: string; route: string; isLocked?: boolean };

function PageLink({ slug, title, route, isLocked = false }: LinkProps) {
  return (
    <a href={`#/${slug}`} aria-current={slug === route ? "page" : undefined}>
      {title}
      {isLocked && <Padlock />}
    </a>
  );
}
