alter table orders drop column voucher_id;
drop table vouchers;
