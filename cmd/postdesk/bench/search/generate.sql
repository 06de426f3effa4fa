-- A made-up desk: 20,000 people, 200 services of which one has half of all tickets, 60,000 words that are as unequally
-- common as those of a language.
insert into organization (name, domains) values ('City', '{city.test}');
insert into person (email, name, organization_id)
    select 'p' || g || '@city.test', (array['Ana', 'Juan', 'Eva', 'Ben', 'Luis', 'Mia', 'Pat', 'Ken'])[1 + g % 8] || ' '
        || (array['Perez', 'Ruiz', 'Staff', 'Vega', 'Lopez', 'Smith', 'Jones'])[1 + g % 7], 1 from generate_series(1, 20000) g;
insert into service (name) select 'Service ' || g from generate_series(1, 200) g;

create table vocabulary as select i, case when i <= 40 then (array['the', 'de', 'la', 'to', 'and', 'is', 'printer', 'not', 'please', 'que', 'el', 'en', 'no',
        'hello', 'thanks', 'network', 'password', 'problem', 'computer', 'error', 'user', 'city', 'test', 'file', 'office', 'email', 'cannot', 'server', 'account',
        'phone', 'working', 'update', 'screen', 'system', 'impresion', 'service', 'access', 'windows', 'request', 'need'])[i]
    else (array['pr', 'co', 'de', 're', 'in', 'im', 'un', 'tra', 'con', 'per', 'sub', 'inter', 'mi', 'ma', 'te', 'lo', 'sa', 'ru', 'ba', 'ca'])[1 + (i * 7) % 20]
        || (array['na', 'to', 'li', 'ver', 'den', 'sta', 'mon', 'gra', 'por', 'tel', 'pal', 'ro'])[1 + (i / 3) % 12]
        || (array['ción', 'do', 'ing', 'er', 'ed', 'ar', 'os', 'al', 'mente', 'tion', 's', 'ble'])[1 + (i / 41) % 12]
        || case when i > 2000 then chr(97 + (i / 500) % 26) || chr(97 + (i / 13000) % 26) || chr(97 + i % 26) else '' end end as w
    from generate_series(1, 60000) i;

-- The nth word is as common as 1/n.
create function some_words(n int, words text[]) returns text language sql volatile as $$
    select string_agg(words[floor(exp(random() * ln(60000)))::int], ' ') from generate_series(1, n) $$;

create procedure make_tickets(first int, last int, tickets int) language plpgsql as $$
declare
    words text[] := (select array_agg(w order by i) from vocabulary);
begin
    insert into ticket (number, service_id, subject, status, requester_id, solver_id, opened_via, root_message_id, created_at, updated_at, due_at)
        select g, case when random() < 0.5 then 1 when random() < 0.5 then 2 + floor(random() * 10)::int else 12 + floor(random() * 189)::int end, some_words(6, words),
            case when g > tickets * 0.98 or random() < 0.005 then (array['open', 'triaged', 'in_progress', 'waiting'])[1 + g % 4] when random() < 0.01 then 'resolved' else 'closed' end,
            case when random() < 0.02 then 7 else 1 + floor(random() * 20000)::int end, case when random() < 0.7 then 19000 + floor(random() * 300)::int end,
            'mail', 'r' || g || '@city.test', now(), now(), case when g > tickets * 0.98 and g % 5 = 0 then now() - interval '1 h' end
        from generate_series(first, last) g;
    insert into log_record (id, ticket_number, at, kind, via, text, show_to_requester)
        select gen_random_uuid(), g, now() - (3 - k) * interval '1 h', case when k = 3 and g % 3 = 0 then 'note' else 'message' end, 'mail',
            some_words(20 + floor(random() * 80)::int, words) || case when random() < 0.1 then ' 0x8007' || g % 1000 || ' PC-' || g % 10000 else '' end, not (k = 3 and g % 3 = 0)
        from generate_series(first, last) g, generate_series(1, 3) k;
end $$;

create procedure make_documents(first int, last int, tickets int) language sql as $$
    select search_refresh(number, true) from ticket where number between first and last $$;
