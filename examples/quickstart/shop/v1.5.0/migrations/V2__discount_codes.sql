-- 1.5.0: vouchers, and customers are known by their account number.
create table vouchers (
  code text primary key,
  percent integer not null check (percent between 1 and 90),
  made_at timestamptz not null default now()
);
insert into vouchers (code, percent) values ('SPRING10', 10), ('WELCOME5', 5);
alter table orders add column discount_code text references vouchers (code);
alter table orders add constraint orders_customer_is_account check (customer ~ '^A[0-9]{6}$') not valid;
