-- Search in tickets and their logs, and in articles.
-- +goose Up
-- +goose StatementBegin
do $$ begin
    if getdatabaseencoding() <> 'UTF8' then -- what people write in any script could not be kept, and not be folded for searching
        raise exception 'the database has the encoding %, postdesk needs UTF8', getdatabaseencoding();
    end if;
end $$;
-- +goose StatementEnd

-- The one way in which text becomes words, of documents as of queries: small letters without accents, whatever the
-- database's locale knows of letters; what is no letter or digit separates words. Each word stands with its place, and its
-- English and Spanish stems without one, and what signs join (PC-1234, ana@city.test) as one word besides; the prefix, consonants that no stemmer minds, is put before each. A word of the
-- prefix alone comes last: it keeps texts apart that are joined, so that no phrase goes from one into the other. Texts
-- beyond 50,000 letters are cut, words divided at 64. It calls nothing of this schema by name: a restored backup
-- works generated columns out before the search path is set.
-- +goose StatementBegin
create function search_words(prefix text, t text) returns tsvector language plpgsql immutable strict parallel safe as $fn$
declare
    f text := lower(left(t, 60000));
    joined text;
begin
    if octet_length(f) <> length(f) then
        f := lower(normalize(f, nfkd));
        f := regexp_replace(f, '[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf-\u05c7\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f]+', '', 'g');
        if f ~ '[\u00c6\u00d0\u00d8\u00de-\u00df\u00e6\u00f0\u00f8\u00fe\u0110-\u0111\u0131\u0141-\u0142\u0152-\u0153\u0391-\u03c9\u0402-\u045f]' then -- translating takes longer than all else
            f := translate(f, 'ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩςАБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЂЄЅІЈЉЊЋЏØøŁłĐđðıÆŒ',
                              'αβγδεζηθικλμνξοπρστυφχψωσабвгдежзиклмнопрстуфхцчшщъыьэюяђєѕіјљњћџoolldddiæœ');
            f := replace(replace(replace(replace(f, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');
        end if;
        joined := f;
        f := regexp_replace(f, '([\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff])', ' \1 ', 'g');
        f := regexp_replace(f, '[^a-z0-9\u00b5-\u167f\u1681-\u180d\u180f-\u1fff\u2c00-\u2dff\u3040-\ud7ff\uf900-\ufdff\ufe70-\ufefe\uff66-\uffdc\U00010000-\U0001cfff\U0001e000-\U0001eaff\U00020000-\U0003ffff]+', ' ', 'g');
    else
        joined := f;
        f := regexp_replace(f, '[^a-z0-9]+', ' ', 'g');
    end if;
    select string_agg(prefix || left(regexp_replace(m[1], '[^a-z0-9]+', '', 'g'), 64), ' ') into joined
        from regexp_matches(left(joined, 50000), '([a-z0-9]+(?:[!-/:-@\[-`{-~]+[a-z0-9]+)+)', 'g') m;
    f := replace(' ' || regexp_replace(left(f, 50000), '([^ ]{64})', '\1 ', 'g') || ' ', ' ', ' ' || prefix);
    return to_tsvector('pg_catalog.simple', f) || strip(to_tsvector('pg_catalog.english', f))
        || strip(to_tsvector('pg_catalog.spanish', replace(f || ' ', 'ion ', 'ión ')))
        || strip(to_tsvector('pg_catalog.simple', coalesce(joined, '')));
end $fn$;
-- +goose StatementEnd

alter table article add column words tsvector generated always as (search_words('', title || ' ' || text)) stored;
create index article_words on article using gin (words);

-- One document a ticket. All words in it begin with a letter that says who reads them and three that say where the ticket
-- stands in time (search_window), so that the index gives the newest tickets alone, also of a very common word or of the
-- beginning of a word:
--   v… what requesters are shown · z… what the team alone reads · …@s1 its service · …@p1 its requester and the participants
--   who see all of it · …@on it is not closed
create table ticket_search (
    number bigint      primary key references ticket on delete cascade,
    head   text        not null, -- what the document has of the ticket itself: where that changes, it is made anew
    upto   timestamptz not null, -- the last record in it
    size   int         not null, -- bytes of words as they were added: what is stored may be compressed
    words  tsvector    not null
) with (toast_tuple_target = 128); -- lists read many rows and none of their words
-- Every look at the index would go through a list of what waits to be put into it.
create index ticket_search_words on ticket_search using gin (words) with (fastupdate = off);

-- Tickets whose documents are to be made anew, a step at a time.
create table search_queue (number bigint primary key references ticket on delete cascade);
insert into search_queue select number from ticket where merged_into is null;

-- Joins the words of texts in turn.
create aggregate search_sum (tsvector) (sfunc = tsvector_concat, stype = tsvector, initcond = '');

create function search_window(n bigint) returns text language sql immutable strict parallel safe as $$
    select translate(lpad(to_hex(least(n >> 14, 4095)), 3, '0'), '0123456789abcdef', 'bcdfghjklmnpqrst') $$;

-- The values of a ticket's custom fields that requesters see, or that they do not: of the fields' definitions the nearest in
-- the tree of services counts (D27).
-- +goose StatementBegin
create function search_fields(service bigint, fields jsonb, seen boolean) returns text language plpgsql stable as $$
begin
    if fields = '{}' then return null; end if;
    return (
        with recursive line as (
            select s.parent_id, s.inherit, s.ticket_fields, 1 as far from service s where s.id = service
            union all select s.parent_id, s.inherit, s.ticket_fields, far + 1 from service s join line on s.id = line.parent_id and line.inherit where far < 100),
        known as (select distinct on (f->>'name') f->>'name' as name, coalesce((f->>'requesters')::boolean, false) as requesters
            from line, jsonb_array_elements(ticket_fields) f order by 1, far)
        select string_agg(value, E'\n' order by key) from jsonb_each_text(fields) left join known on name = key where coalesce(requesters, false) = seen);
end $$;
-- +goose StatementEnd

-- Brings a ticket's document up to date: appends what was written since, or makes it anew where something else changed, or
-- where that is asked for. The caller has locked the ticket, or made it. A document ends at 300 kB, whatever is written.
-- +goose StatementBegin
create function search_refresh(n bigint, anew boolean) returns void language plpgsql as $$
declare
    t record; was text; r record;
    w text := search_window(n);
    marks text; shown text; internal text; heading text;
    doc tsvector := ''; most constant int := 300000; held int; since timestamptz;
begin
    select x.subject, x.service_id, x.status, x.merged_into, x.requester_id, x.fields, p.name, p.email into t
        from ticket x join person p on p.id = x.requester_id where x.number = n;
    if not found then return; end if;
    if t.merged_into is not null then
        delete from ticket_search s where s.number = n;
        return;
    end if;
    select concat(w, '@s', t.service_id, case when t.status <> 'closed' then ' ' || w || '@on' end, ' ', w, '@p', t.requester_id,
            string_agg(' ' || w || '@p' || x.person_id, '' order by x.person_id)) into marks
        from ticket_person x where x.ticket_number = n and x.part = 'participant' and x.since is null and x.person_id <> t.requester_id;
    shown := concat_ws(E'\n', t.subject, t.name, t.email, search_fields(t.service_id, t.fields, true));
    internal := search_fields(t.service_id, t.fields, false);
    heading := concat_ws(E'\n', marks, shown, 'z', internal);
    select s.head, s.upto, s.size into was, since, held from ticket_search s where s.number = n for update;
    anew := anew or was is distinct from heading;
    if anew then
        since := '-infinity'; held := 0;
        doc := marks::tsvector || search_words('v' || w, shown) || search_words('z' || w, coalesce(internal, ''));
    end if;
    for r in select x.at, x.show_to_requester, concat_ws(E'\n', x.text, (select string_agg(a.name, E'\n' order by a.position) from attachment a where a.record_id = x.id and not a.inline)) as text
        from log_record x where x.ticket_number = n and x.at > since order by x.at
    loop
        since := r.at;
        if r.text <> '' and pg_column_size(doc) + held < most then
            doc := doc || search_words(case when r.show_to_requester then 'v' else 'z' end || w, r.text);
        end if;
    end loop;
    if anew then
        insert into ticket_search as s (number, head, upto, size, words) values (n, heading, since, pg_column_size(doc), doc)
            on conflict (number) do update set head = excluded.head, upto = excluded.upto, size = excluded.size, words = excluded.words;
    elsif doc <> '' or held >= most then -- what a full document has no room for is not read again and again
        update ticket_search s set words = case when doc = '' then s.words else s.words || doc end, size = held + pg_column_size(doc), upto = since where s.number = n;
    end if;
end $$;
-- +goose StatementEnd

-- +goose Down
drop function search_refresh;
drop function search_fields;
drop table ticket_search, search_queue;
drop aggregate search_sum (tsvector);
drop function search_window;
alter table article drop column words;
drop function search_words;
