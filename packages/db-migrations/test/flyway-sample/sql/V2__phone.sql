alter table customers add column phone text, add column newsletter boolean not null default true;
create index customers_phone on customers (phone);
