/**
 * One line for each object of the schemas `$1`, without the tables `$2` (as `schema.table`) and what belongs to those, and without members of
 * extensions. Definitions are the server's own words (`pg_get_*def`), so `search_path` has to be `pg_catalog`: they name everything in full then.
 *
 * Left out on purpose: order of columns (adding one again moves it for ever), owners, privileges, comments, storage settings, statistics, the position
 * of sequences. Not-null constraints stand with the column: since PostgreSQL 18 they have a name too, which a rename of the column does not change.
 */
export const schemaObjectsQuery = `
with spaces as (
  select oid, nspname from pg_namespace where nspname = any($1)
), members as (
  select classid, objid from pg_depend where deptype = 'e'
), relations as (
  select c.*, s.nspname, format('%I.%I', s.nspname, c.relname) as named from pg_class c join spaces s on s.oid = c.relnamespace
  where not format('%s.%s', s.nspname, c.relname) = any($2) and not exists (select from members m where m.classid = 'pg_class'::regclass and m.objid = c.oid)
), tables as (
  select * from relations where relkind in ('r', 'p', 'v', 'm', 'f', 'c')
), functions as (
  select p.oid, format('%s', p.oid::regprocedure) as named, pg_get_functiondef(p.oid) as definition from pg_proc p join spaces s on s.oid = p.pronamespace
  where p.prokind in ('f', 'p', 'w') and not exists (select from members m where m.classid = 'pg_proc'::regclass and m.objid = p.oid)
), types as (
  select t.*, format('%I.%I', s.nspname, t.typname) as named from pg_type t join spaces s on s.oid = t.typnamespace
  where t.typtype in ('e', 'd', 'r') and not exists (select from members m where m.classid = 'pg_type'::regclass and m.objid = t.oid)
)
select 'table' as kind, named as name, concat_ws(' ', relkind, relpersistence,
    case when relrowsecurity then 'row security' end, case when relforcerowsecurity then 'forced' end, pg_get_partkeydef(oid),
    case when relispartition then pg_get_expr(relpartbound, oid) end,
    (select 'of ' || string_agg(i.inhparent::regclass::text, ',' order by i.inhseqno) from pg_inherits i where i.inhrelid = tables.oid)) as definition
  from tables where relkind not in ('v', 'm')
union all select 'column', format('%s.%I', t.named, a.attname), concat_ws(' ', format_type(a.atttypid, a.atttypmod), case when a.attnotnull then 'not null' end,
    case when a.attidentity <> '' then 'identity ' || a.attidentity::text end, case when a.attgenerated <> '' then 'generated ' || a.attgenerated::text end,
    'default ' || pg_get_expr(d.adbin, d.adrelid), case when a.attcollation <> y.typcollation then 'collate ' || a.attcollation::regcollation::text end)
  from pg_attribute a join tables t on t.oid = a.attrelid join pg_type y on y.oid = a.atttypid left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attnum > 0 and not a.attisdropped
union all select 'constraint', format('%s %I', t.named, o.conname), concat_ws(' ', pg_get_constraintdef(o.oid), case when not o.convalidated then 'unproved' end)
  from pg_constraint o join tables t on t.oid = o.conrelid where o.contype <> 'n'
union all select 'index', format('%s', i.indexrelid::regclass), concat_ws(' ', pg_get_indexdef(i.indexrelid), case when not i.indisvalid then 'INVALID' end,
    case when not i.indisready then 'not ready' end, case when i.indisreplident then 'replica identity' end)
  from pg_index i join tables t on t.oid = i.indrelid
union all select 'view', named, concat_ws(' ', relkind, reloptions::text, pg_get_viewdef(oid)) from tables where relkind in ('v', 'm')
union all select 'trigger', format('%s %I', t.named, g.tgname), concat_ws(' ', pg_get_triggerdef(g.oid), g.tgenabled) from pg_trigger g join tables t on t.oid = g.tgrelid where not g.tgisinternal
union all select 'rule', format('%s %I', t.named, r.rulename), pg_get_ruledef(r.oid) from pg_rewrite r join tables t on t.oid = r.ev_class where r.rulename <> '_RETURN'
union all select 'policy', format('%s %I', t.named, p.polname), concat_ws(' ', p.polcmd, p.polpermissive, p.polroles::regrole[]::text, pg_get_expr(p.polqual, p.polrelid),
    'check ' || pg_get_expr(p.polwithcheck, p.polrelid)) from pg_policy p join tables t on t.oid = p.polrelid
union all select 'function', named, definition from functions
union all select 'type', t.named, concat_ws(' ', t.typtype, (select string_agg(quote_literal(e.enumlabel), ',' order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid),
    case when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod) end, case when t.typnotnull then 'not null' end, 'default ' || t.typdefault,
    (select string_agg(pg_get_constraintdef(o.oid), ',' order by o.conname) from pg_constraint o where o.contypid = t.oid and o.contype <> 'n'),
    (select format_type(r.rngsubtype, null) from pg_range r where r.rngtypid = t.oid)) from types t
union all select 'sequence', r.named, concat_ws(' ', format_type(q.seqtypid, null), q.seqstart, q.seqincrement, q.seqmin, q.seqmax, q.seqcache, q.seqcycle,
    (select format('owned by %s.%I', d.refobjid::regclass, a.attname) from pg_depend d join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
      where d.classid = 'pg_class'::regclass and d.objid = r.oid and d.deptype in ('a', 'i') and d.refclassid = 'pg_class'::regclass))
  from pg_sequence q join relations r on r.oid = q.seqrelid
  where not exists (select from pg_depend d join pg_class c on c.oid = d.refobjid join pg_namespace n on n.oid = c.relnamespace
    where d.classid = 'pg_class'::regclass and d.objid = r.oid and d.deptype in ('a', 'i') and format('%s.%s', n.nspname, c.relname) = any($2))
union all select 'extension', e.extname::text, e.extversion from pg_extension e join spaces s on s.oid = e.extnamespace`
