// Mercurius with graphql-jit and loaders, over the tables of seed.sql. Reads PGURL and PORT.
const Fastify = require("fastify");
const mercurius = require("mercurius");
const { Pool } = require("pg");

const pool = new Pool({ connectionString: process.env.PGURL, max: 10 });

const schema = `
scalar JSON
type Query { customer(id: ID!): Customer  features(first: Int!): FeatureConnection! }
type Customer { id: ID! name: String! email: String entitlements(first: Int!): EntitlementConnection! access(lookupKeys: [String!]!): [Access!]! }
type Access { lookupKey: String! hasAccess: Boolean! }
type PageInfo { hasNextPage: Boolean! endCursor: String }
type EntitlementConnection { nodes: [Entitlement!]! pageInfo: PageInfo! totalCount: Int! }
type Entitlement { id: ID! activeFrom: String! activeTo: String feature: Feature! product: Product }
type Feature { id: ID! name: String! lookupKey: String! active: Boolean! metadata: JSON! products(first: Int!): ProductConnection! }
type FeatureConnection { nodes: [Feature!]! pageInfo: PageInfo! }
type Product { id: ID! name: String! }
type ProductConnection { nodes: [Product!]! }
`;

const cursor = (row) => (row ? Buffer.from(String(row.id)).toString("base64") : null);

// Rows of one list, of which one more than the page was asked for.
function page(rows, first) {
  const nodes = rows.slice(0, first);
  return { nodes, pageInfo: { hasNextPage: rows.length > first, endCursor: cursor(nodes.at(-1)) } };
}

function grouped(rows, key) {
  const groups = new Map();
  for (const row of rows) {
    const group = groups.get(row[key]);
    if (group) group.push(row);
    else groups.set(row[key], [row]);
  }
  return groups;
}

async function byId(table, ids) {
  const { rows } = await pool.query(`select * from ${table} where id = any($1)`, [[...new Set(ids)]]);
  return new Map(rows.map((row) => [row.id, row]));
}

const resolvers = {
  Query: {
    customer: async (_, { id }) => (await pool.query("select * from customers where ext_id = $1", [id])).rows[0],
    features: async (_, { first }) =>
      page((await pool.query("select * from features order by id desc limit $1", [first + 1])).rows, first),
  },
  Customer: { id: (customer) => customer.ext_id },
  Feature: { id: (feature) => feature.ext_id, lookupKey: (feature) => feature.lookup_key },
  Product: { id: (product) => product.ext_id },
  Entitlement: {
    id: (entitlement) => entitlement.ext_id,
    activeFrom: (entitlement) => entitlement.active_from.toISOString(),
    activeTo: (entitlement) => entitlement.active_to && entitlement.active_to.toISOString(),
  },
};

const loaders = {
  Customer: {
    async entitlements(queries) {
      const first = queries[0].params.first;
      const { rows } = await pool.query(
        `select * from (select e.*, row_number() over (partition by customer_id order by id) rn,
         count(*) over (partition by customer_id) total from entitlements e where customer_id = any($1)) s
         where rn <= $2 order by customer_id, id`,
        [queries.map((query) => query.obj.id), first + 1],
      );
      const groups = grouped(rows, "customer_id");
      return queries.map(({ obj }) => {
        const held = groups.get(obj.id) || [];
        return { ...page(held, first), totalCount: held.length ? Number(held[0].total) : 0 };
      });
    },
    async access(queries) {
      const { rows } = await pool.query(
        `select e.customer_id, f.lookup_key from entitlements e join features f on f.id = e.feature_id
         where (e.customer_id, f.lookup_key) in (select * from unnest($1::bigint[], $2::text[]))`,
        [
          queries.flatMap(({ obj, params }) => params.lookupKeys.map(() => obj.id)),
          queries.flatMap(({ params }) => params.lookupKeys),
        ],
      );
      const held = new Set(rows.map((row) => `${row.customer_id} ${row.lookup_key}`));
      return queries.map(({ obj, params }) =>
        params.lookupKeys.map((lookupKey) => ({ lookupKey, hasAccess: held.has(`${obj.id} ${lookupKey}`) })),
      );
    },
  },
  Entitlement: {
    async feature(queries) {
      const found = await byId("features", queries.map(({ obj }) => obj.feature_id));
      return queries.map(({ obj }) => found.get(obj.feature_id));
    },
    async product(queries) {
      const found = await byId("products", queries.map(({ obj }) => obj.product_id));
      return queries.map(({ obj }) => found.get(obj.product_id));
    },
  },
  Feature: {
    async products(queries) {
      const first = queries[0].params.first;
      const { rows } = await pool.query(
        `select p.*, s.feature_id from (select product_id, feature_id, id, row_number() over
         (partition by feature_id order by id desc) rn from product_features where feature_id = any($1)) s
         join products p on p.id = s.product_id where rn <= $2 order by s.feature_id, s.id desc`,
        [queries.map(({ obj }) => obj.id), first],
      );
      const groups = grouped(rows, "feature_id");
      return queries.map(({ obj }) => ({ nodes: groups.get(obj.id) || [] }));
    },
  },
};

const app = Fastify();
app.register(mercurius, { schema, resolvers, loaders, jit: 1, graphiql: false, cache: true });
app.listen({ port: Number(process.env.PORT), host: "127.0.0.1" });
