"""The kit for fictional companies: what a hidden world needs, whatever it sells.

A company is its people, its hidden truth, and its day. One that has persons as customers is a `company.Company`:

    state       a dataclass(kw_only=True) that adds its own arrays to `person_state.PersonState`
    tables      file name -> `company.Table` (header, SQL for its rows); `company.person_tables(sources, rep_ids)` gives
                persons, consents, mail_events, survey_answers and tickets
    lines       files that never change (reps, products), as lines with their header
    begin       (rng, persons, first day of the year) -> state, with `persons.draw_persons(...)` for who they are and
                `effects.none_yet(...)`; people whose `joined` lies ahead become customers (and rows) on that day
    live        (state, arrivals, seed, effects) -> Happened: the one law of a day, for the written year and afterwards
    anew        state -> {file: columns}: files whose rows change (tickets, subscriptions); name them in `anew_names`
    plant       (state, happened): at the end of the year, those who are needed by name (`persons.seat`)

`company.write_company(COMPANY, folder, units=, seed=, today=, no_effect=)` writes a year of data, and
`company.live_one_day(COMPANY, folder, day, outbox)` lives a day once, crash or not. A day goes like this:

    def live(state, arrivals, seed, effects):
        happened, chance = new_day(state, seed)                           # with rows of those who join
        day = happened.day
        OwnReactions(state, happened, TRUTH, seed=seed, effects=effects).play(arrivals)
        state.warmth = drift(state.warmth, state.warmth_mean, chance.noise("warmth", state.persons))
        engaged = engagement(state.warmth)
        there = state.there(day)                                          # customers that chance may move today
        leaves = there & happens(chance.everybody("leave", state.persons),
                                 hazard * force(state, EFFECTS, "cancellation", day))
        happened.add("orders", person=rows, moment=..., amount=...)       # many rows, as columns
        happened.row("referrals", person=3, ...)                          # one row
        open_tickets(state, happened, chance, TICKETS, monthly=0.05)
        state.day = day
        return happened

Ids such as O20260131-000012 come from `sql.day_id("O")`; `sql.person()`, `sql.moment(...)`, `sql.day(...)` and
`sql.pick(...)` write the rest. Columns that not all rows have are named in `Table.optional_texts` or
`Table.optional_numbers`.

The hidden truth is a `person_reactions.Truth`: a table of `effects.Effect` (action, force, factor, whom, from when, how
long), the tests that `whom` names, which messages ask something, and what a person answers. A day multiplies each of
its forces by `effects.force(state, EFFECTS, name, day)`. `PersonReactions` plays out opens, clicks, answers,
unsubscribes and complaints of mails; letters, which are read with another probability and leave no trace of it; tasks
that staff do (`on_task_done`); audiences that people notice. `true_effects.true_effect(...)` lives the same futures
with and without a message: tests and benchmarks compare what was learned with it.

Chance is each person's own (`chance.Chance`): `everybody` and `noise` draw for all in their order, `some` for these
persons by hash, `counts` turns draws into Poisson counts. Never let the number of draws depend on what a message
changed, or it would change somebody else's day too.

Modules: arrays, bond (warmth), calendar_days, chance, company, days, effects, happened, journal, names, newsletters,
nps, outbox (what left), person_reactions, person_state, persons, reactions, rows, source_files, sql, storage,
tickets, true_effects. Everything here is fictional: people, places, addresses.
"""
