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
-- English and Spanish stems without one. Prefix is put before each. Texts beyond some 50,000 letters are cut, words at 64.
-- It calls nothing of this schema by name: a restored backup works generated columns out before the search path is set.
-- +goose StatementBegin
create function search_words(prefix text, t text) returns tsvector language plpgsql immutable strict parallel safe as $fn$
declare
    f text := lower(left(t, 60000));
begin
    if octet_length(f) <> length(f) then
        f := lower(normalize(f, nfkd));
        f := regexp_replace(f, '[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf-\u05c7\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f]+', '', 'g');
        f := translate(f, 'ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩςАБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЂЄЅІЈЉЊЋЏØøŁłĐđðıÆŒ',
                          'αβγδεζηθικλμνξοπρστυφχψωσабвгдежзиклмнопрстуфхцчшщъыьэюяђєѕіјљњћџoolldddiæœ');
        f := replace(replace(replace(replace(f, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');
        f := regexp_replace(f, '([\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff])', ' \1 ', 'g');
        f := regexp_replace(f, '[^a-z0-9\u00b5-\u167f\u1681-\u180d\u180f-\u1fff\u2c00-\u2dff\u3040-\ud7ff\uf900-\ufdff\ufe70-\ufefe\uff66-\uffdc\U00010000-\U0001cfff\U0001e000-\U0001eaff\U00020000-\U0003ffff]+', ' ', 'g');
    else
        f := regexp_replace(f, '[^a-z0-9]+', ' ', 'g');
    end if;
    return coalesce((
        select string_agg(concat('''', prefix, w, ''':', at, ' ''' || prefix || nullif(en[1], w) || '''', ' ''' || prefix || nullif(es[1], w) || ''''), ' ')::tsvector
        from (
            select w, at, ts_lexize('english_stem', w) as en,
                ts_lexize('spanish_stem', case when w like '%ion' then left(w, -3) || 'ión' else w end) as es
            from (
                select left(w, 64) as w, string_agg(least(n, 16000)::text, ',') as at
                from unnest(string_to_array(' ' || left(f, 50000), ' ')) with ordinality u (w, n) where w <> '' group by 1
            ) x
        ) y), '');
end $fn$;
-- +goose StatementEnd

alter table article add column words tsvector generated always as (search_words('', title || ' ' || text)) stored;
create index article_words on article using gin (words);

-- +goose Down
alter table article drop column words;
drop function search_words;
