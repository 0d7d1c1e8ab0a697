-- é: the bytes of a script are not its characters
alter table orders alter column total type numeric(10, 2) using (total / 100.0)::numeric(10, 2);
