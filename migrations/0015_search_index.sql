-- A search that is fast however common its words are: tickets that are not closed stand in windows of their own, so that
-- they are counted apart from the many that are, and the index knows beginnings of words and pairs of them.
-- +goose Up
drop index ticket_search_words;
truncate ticket_search;
alter table ticket_search add column place text not null; -- its window
insert into search_queue select number from ticket where merged_into is null on conflict do nothing;

drop function search_window;
-- Few tickets are not closed: they share larger windows, whose first letter is one of the latter half.
create function search_window(n bigint, closed boolean) returns text language sql immutable strict parallel safe as $$
    select translate(lpad(to_hex(case when closed then least(n >> 14, 2047) else 2048 + least(n >> 17, 2047) end), 3, '0'), '0123456789abcdef', 'bcdfghjklmnpqrst') $$;

-- What the index has of a document: its words and marks without their places, and besides
--   w…, x… the first three letters of words that requesters are shown (w) or the team alone reads (x), for the beginnings
--          with which everybody who types starts, and which very many words have
--   y…     16 bits for each two words that follow each other, so that of a phrase few documents are read that do not have it
-- It is not stored with the document. Like search_words it calls nothing of this schema by name, and never fails: of what
-- is as large as a tsvector may be, some are left out.
-- +goose StatementBegin
create function search_index(words tsvector) returns tsvector language plpgsql immutable strict parallel safe as $fn$
declare
    room constant int := greatest(0, 900000 - pg_column_size(words || ''::tsvector)) / 32;
begin
    return strip(words) || array_to_tsvector(array( -- which sorts them, and keeps one of each
        (select translate(left(lexeme, 1), 'vz', 'wx') || substr(lexeme, 2, 6) from unnest(words)
            where ascii(lexeme) >= ascii('v') and length(lexeme) > 6 limit room)
        union all
        (select 'y' || substr(word, 2, 3) || left(md5(substr(word, 5) || ' ' || substr(next, 5)), 4)
            from (select lexeme as word, place, lead(lexeme) over w as next, lead(place) over w as after
                from unnest(words) u, unnest(u.positions) place window w as (order by place)) p
            where after = place + 1 and length(word) > 4 and length(next) > 4 limit room)));
end $fn$;
-- +goose StatementEnd
create index ticket_search_words on ticket_search using gin (search_index(words)) with (fastupdate = off);
-- The planner is never asked which words are common (core/store/search.go), and gathering that takes long.
alter table ticket_search alter words set statistics 0;
alter index ticket_search_words alter 1 set statistics 0;

-- +goose StatementBegin
create or replace function search_refresh(n bigint, anew boolean) returns void language plpgsql as $$
declare
    t record; was text; r record; w text;
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
    w := search_window(n, t.status = 'closed');
    select concat(w, '@s', t.service_id, ' ', w, '@p', t.requester_id, string_agg(' ' || w || '@p' || x.person_id, '' order by x.person_id)) into marks
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
        insert into ticket_search as s (number, place, head, upto, size, words) values (n, w, heading, since, pg_column_size(doc), doc)
            on conflict (number) do update set place = excluded.place, head = excluded.head, upto = excluded.upto, size = excluded.size, words = excluded.words;
    elsif doc <> '' or held >= most then -- what a full document has no room for is not read again and again
        update ticket_search s set words = case when doc = '' then s.words else s.words || doc end, size = held + pg_column_size(doc), upto = since where s.number = n;
    end if;
end $$;
-- +goose StatementEnd

-- There is no way down: the way back from a release is a back-up (docs/operations.md).
