alter table customers drop column phone, drop column newsletter;
