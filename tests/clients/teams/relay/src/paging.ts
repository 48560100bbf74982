// What a list with `usePaginationFragment` and a row with `useRefetchableFragment` do, without React: the next page is joined
// to the connection, and a row asked for again by its id is the row that stands in it.
import {
  commitLocalUpdate,
  createOperationDescriptor,
  fetchQuery,
  getFragment,
  getPaginationMetadata,
  getPaginationVariables,
  getRefetchMetadata,
  getRequest,
  getSelector,
  graphql,
} from "relay-runtime";
import type { Features$data } from "./__generated__/Features.graphql";
import type { FeaturesPageQuery } from "./__generated__/FeaturesPageQuery.graphql";
import type { pagingListQuery } from "./__generated__/pagingListQuery.graphql";
import type { pagingRowQuery } from "./__generated__/pagingRowQuery.graphql";
import { features } from "./Features";
import { environment } from "./environment";

const LIST = graphql`
  query pagingListQuery($count: Int!) {
    ...Features @arguments(count: $count)
  }
`;

const ROW = graphql`
  fragment paging_feature on Feature @refetchable(queryName: "pagingRowQuery") {
    id
    name
  }
`;

const variables = { count: 2 };
environment.retain(createOperationDescriptor(getRequest(LIST), variables));
const record = (id: string) => environment.getStore().getSource().get(id);

const root = await fetchQuery<pagingListQuery>(environment, LIST, variables).toPromise();
const read = () => environment.lookup(getSelector(getFragment(features), root) as never).data as Features$data;
const names = () => read().features!.edges.map(({ node }) => node.name);
const before = names();

const { paginationRequest, paginationMetadata } = getPaginationMetadata(getFragment(features), "Features");
const cursor = record("client:root:__Features_features_connection:pageInfo")?.["endCursor"] as string;
const next = getPaginationVariables("forward", 2, cursor, variables, {}, paginationMetadata);
await fetchQuery<FeaturesPageQuery>(environment, paginationRequest as never, next as never).toPromise();
const after = names();

const { id } = read().features!.edges[3]!.node;
commitLocalUpdate(environment, (store) => void store.get(id)!.setValue("stale", "name"));
const stale = names();
const { refetchableRequest } = getRefetchMetadata(getFragment(ROW), "paging_feature");
await fetchQuery<pagingRowQuery>(environment, refetchableRequest as never, { id }).toPromise();

console.log(JSON.stringify({ before, after, stale, refetched: names() }));
