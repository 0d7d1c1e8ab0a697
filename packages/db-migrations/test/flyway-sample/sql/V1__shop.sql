create table customers (id int generated always as identity primary key, name text not null, email varchar(200));
create table orders (id serial primary key, customer_id int not null references customers (id), total numeric(10, 2) not null);
