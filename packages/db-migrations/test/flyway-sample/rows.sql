insert into customers (name, email, phone, newsletter) select 'customer ' || n, 'c' || n || '@example.com', case when n % 3 > 0 then '+49 ' || n end, n % 2 = 0 from generate_series(1, 12) n;
insert into vouchers (code, customer_id) select 'V' || n, n from generate_series(1, 5) n;
select setval('vouchers_id_seq', 40);
insert into orders (customer_id, total, voucher_id) select n, n * 1000 + 7, case when n < 4 then n end from generate_series(1, 8) n;
insert into notes (body, order_id) select 'note ' || n, n from generate_series(1, 4) n;
