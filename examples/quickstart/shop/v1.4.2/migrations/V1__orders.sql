-- 1.4.0: the first table of the shop.
create table orders (
  id bigint generated always as identity primary key,
  customer text not null,
  product text not null,
  quantity integer not null check (quantity between 1 and 99),
  placed_at timestamptz not null default now()
);
