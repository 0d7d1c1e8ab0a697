--liquibase formatted sql

--changeset shop:1
create table customers (id int primary key, name text not null);
create table orders (id int primary key, customer_id int references customers (id));
--rollback drop table orders;
--rollback drop table customers;

--changeset shop:2
alter table customers add column phone text default 'none';
--rollback alter table customers drop column phone;

--changeset shop:3
create table vouchers (id int primary key, code text not null);
--rollback drop table vouchers;

--changeset shop:4 splitStatements:false
create function total() returns int language sql as 'select 1;';
--rollback drop function total();
