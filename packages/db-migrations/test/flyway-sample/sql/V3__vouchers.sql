create table vouchers (id serial primary key, code text not null unique, customer_id int references customers (id));
alter table orders add column voucher_id int references vouchers (id);
