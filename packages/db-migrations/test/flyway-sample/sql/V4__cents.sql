alter table orders alter column total type bigint using (total * 100)::bigint;
update customers set email = lower(email);
