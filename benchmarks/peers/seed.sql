-- What the peers read: the tables a team would make itself, with every entitlement as a row, ready. Its rows are those
-- that Admittance's rule computes from the facts of benchmarks/data.py, formula by formula; `make bench` compares them.
-- Run in an empty database of its own, with the settings bench.customers, bench.items, bench.features, bench.products
-- and bench.since.
create table customers(id bigint primary key, ext_id text unique not null, name text not null, email text, created_at timestamptz not null default now());
create table features(id bigint primary key, ext_id text unique not null, name text not null, lookup_key text unique not null, active boolean not null default true, metadata jsonb not null default '{}', created_at timestamptz not null default now());
create table products(id bigint primary key, ext_id text unique not null, name text not null, active boolean not null default true);
create table product_features(id bigint primary key, product_id bigint not null references products, feature_id bigint not null references features, unique(product_id, feature_id));
create table entitlements(id bigint primary key, ext_id text unique not null, customer_id bigint not null references customers, feature_id bigint not null references features, product_id bigint references products, active_from timestamptz not null, active_to timestamptz, unique(customer_id, feature_id));

insert into customers select i, 'cus_'||lpad(i::text, 26, '0'), 'Customer '||i, 'c'||i||'@example.com' from generate_series(1, current_setting('bench.customers')::int) i;
insert into features select i, 'feat_'||lpad(i::text, 26, '0'), 'Feature '||i, 'feature-'||i, true, jsonb_build_object('tier', (i % 5)::text) from generate_series(1, current_setting('bench.features')::int) i;
insert into products select i, 'prod_'||lpad(i::text, 26, '0'), 'Product '||i, true from generate_series(1, current_setting('bench.products')::int) i;
insert into product_features select row_number() over (order by p, f), p, f from generate_series(1, current_setting('bench.products')::int) p, generate_series(1, current_setting('bench.features')::int) f where (f - p) % 20 = 0 or (p > 20 and (f * p) % 9 = 0);
insert into entitlements select row_number() over (order by c, pf.id), 'ent_'||lpad(c::text, 26, '0')||'Z0'||lpad(pf.feature_id::text, 26, '0'), c, pf.feature_id, pf.product_id, current_setting('bench.since')::timestamptz, null from generate_series(1, current_setting('bench.customers')::int) c, generate_series(0, current_setting('bench.items')::int - 1) i, product_features pf where pf.product_id = (c + 3 * i) % 20 + 1;

create index on entitlements(feature_id); create index on entitlements(product_id); create index on product_features(feature_id);

-- PostGraphile makes a field of it: five keys of a customer in one look-up, as the other servers have it.
create function customers_access(customer customers, lookup_keys text[]) returns setof entitlements language sql stable as $$
  select e.* from entitlements e join features f on f.id = e.feature_id where e.customer_id = customer.id and f.lookup_key = any(lookup_keys)
$$;
analyze;
