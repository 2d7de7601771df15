/* The bound of bench/plan.py: the same passes in C, for networks of open items without parents.

   Columns in, columns out; sorts the edges both ways, orders, and computes dates, drivers, roots, late dates,
   float and slip, with calendars and all four link types as unify/schedule has them. Compiled with cc -O2. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>

#define UNKNOWN (-(INT64_C(1) << 40))
#define NEVER (INT64_C(1) << 40)
#define NO_COUNT INT32_MIN
enum { FS = 1, SS, FF, SF };

typedef struct {
    int64_t first, last, span;
    const int32_t *before, *day, *days, *weekday, *weekdays_before, *per_week;
} Calendars;

typedef struct { int32_t other, lag, need_by; int8_t type; } Edge;
typedef struct { int64_t boundary, days; int32_t who, type; } Bound;

static int64_t floor_div(int64_t a, int64_t b) { int64_t q = a / b; return q * b > a ? q - 1 : q; }

static int64_t by_weeks(const Calendars *c, int64_t k, int64_t b) {
    int64_t weeks = floor_div(b - 1, 7), rest = b - 1 - 7 * weeks;
    return weeks * c->per_week[k] + c->weekdays_before[7 * k + rest];
}
static inline int64_t count(const Calendars *c, int64_t k, int64_t b) {
    if (b >= c->first && b <= c->last) return c->before[k * c->span + b - c->first];
    if (b < c->first) return by_weeks(c, k, b) - by_weeks(c, k, c->first);
    return by_weeks(c, k, b) - by_weeks(c, k, c->last) + c->days[k];
}
static inline int64_t opening(const Calendars *c, int64_t k, int64_t n) {
    if (n >= 0 && n < c->days[k]) return c->day[k * c->span + n];
    int64_t nth = n >= 0 ? n - c->days[k] + by_weeks(c, k, c->last) : n + by_weeks(c, k, c->first);
    int64_t weeks = floor_div(nth, c->per_week[k]);
    return 1 + 7 * weeks + c->weekday[7 * k + nth - weeks * c->per_week[k]];
}
static inline int64_t closing(const Calendars *c, int64_t k, int64_t n) { return opening(c, k, n - 1) + 1; }
static inline int64_t max(int64_t a, int64_t b) { return a > b ? a : b; }
static inline int64_t latest_before(const Calendars *c, int64_t k, int64_t ceiling, int64_t lag) {
    if (lag > 0) return opening(c, k, count(c, k, ceiling) - lag);
    if (lag < 0) return opening(c, k, count(c, k, ceiling + 1) - 1 - lag);
    int64_t passed = count(c, k, ceiling);
    return opening(c, k, passed) == ceiling ? ceiling : closing(c, k, passed);
}
static inline int64_t by_evening(const Calendars *c, int64_t k, int64_t b) { return opening(c, k, count(c, k, b)); }
static inline Bound later_of(Bound a, Bound b) {
    if (a.days != b.days) return a.days > b.days ? a : b;
    Bound r = a.who < b.who || (a.who == b.who && a.type <= b.type) ? a : b;
    r.boundary = max(a.boundary, b.boundary);
    return r;
}
typedef struct { int64_t boundary; int32_t binder; } Limit;
static inline Limit earlier_of(Limit a, Limit b) {
    return a.boundary < b.boundary || (a.boundary == b.boundary && a.binder <= b.binder) ? a : b;
}

/* Returns how many items could be ordered; dates are right where that is all of them. */
int64_t plan(int64_t n, int64_t m, const int32_t *start, const int32_t *due, const double *estimate,
             const int32_t *deadline, const int32_t *calendar, const int32_t *predecessor,
             const int32_t *successor, const int32_t *type, const int32_t *lag, const int32_t *need_by,
             int64_t today, const Calendars *c, int32_t *first_day, int32_t *last_day, int32_t *late_day,
             int32_t *float_days, int32_t *binding, int32_t *driver_out, int32_t *root) {
    int32_t *into_at = calloc(n + 2, 4), *out_at = calloc(n + 2, 4), *waits = malloc(4 * n);
    int32_t *sequence = malloc(4 * n), *root_of_start = malloc(4 * n);
    Edge *into = malloc(m * sizeof(Edge)), *out = malloc(m * sizeof(Edge));
    int64_t *early_start = malloc(8 * n), *early_finish = malloc(8 * n), *work = malloc(8 * n);
    Limit *late_start = malloc(16 * n), *late_point = malloc(16 * n), *late_finish = malloc(16 * n);
    Limit *start_ceiling = malloc(16 * n), *finish_ceiling = malloc(16 * n);
    for (int64_t i = 0; i < m; i++) { into_at[successor[i] + 2]++; out_at[predecessor[i] + 2]++; }
    for (int64_t i = 2; i < n + 2; i++) { into_at[i] += into_at[i - 1]; out_at[i] += out_at[i - 1]; }
    for (int64_t i = 0; i < m; i++) {
        into[into_at[successor[i] + 1]++] = (Edge){predecessor[i], lag[i], need_by[i], type[i]};
        out[out_at[predecessor[i] + 1]++] = (Edge){successor[i], lag[i], need_by[i], type[i]};
    }
    int64_t found = 0;
    for (int64_t i = 0; i < n; i++) if (!(waits[i] = into_at[i + 1] - into_at[i])) sequence[found++] = i;
    for (int64_t done = 0; done < found; done++)
        for (int64_t e = out_at[sequence[done]]; e < out_at[sequence[done] + 1]; e++)
            if (!--waits[out[e].other]) sequence[found++] = out[e].other;

    for (int64_t at = 0; at < found; at++) {
        int64_t i = sequence[at], k = calendar[i];
        int64_t own_start = UNKNOWN, own_finish = UNKNOWN;
        int64_t s = start[i] ? start[i] : UNKNOWN, d = due[i] ? due[i] + 1 : UNKNOWN;
        double whole = estimate[i];
        if (isnan(whole)) whole = s != UNKNOWN && d > s ? count(c, k, d) - count(c, k, s) : 0;
        int64_t w = work[i] = max(0, (int64_t)ceil(whole - 1e-6));
        if (s != UNKNOWN || d != UNKNOWN) {
            if (s == UNKNOWN) { own_finish = d; if (w) own_start = opening(c, k, count(c, k, d) - w); }
            else if (w || count(c, k, s) < count(c, k, d)) { own_start = s; own_finish = d; }
            else own_finish = max(s + 1, d);
        }
        Bound none = {UNKNOWN, UNKNOWN, -1, 0}, of_start = none, of_finish = none;
        for (int64_t e = into_at[i]; e < into_at[i + 1]; e++) {
            Edge edge = into[e];
            int64_t b = edge.type == SS || edge.type == SF ? early_start[edge.other] : early_finish[edge.other];
            if (b == UNKNOWN) continue;
            int64_t days = count(c, k, b) + edge.lag;
            if (days < (edge.type < FF ? of_start.days : of_finish.days)) continue;
            if (edge.lag > 0) b = closing(c, k, days);
            else if (edge.lag < 0 || closing(c, k, days) != b) b = opening(c, k, days);
            Bound one = {b, days, edge.other, edge.type};
            if (edge.type < FF) of_start = later_of(of_start, one); else of_finish = later_of(of_finish, one);
        }
        Bound by_start = none, by_finish = none;
        int64_t es = UNKNOWN, ef = UNKNOWN;
        int64_t own_days = count(c, k, max(own_start, today)), due_days = own_finish == UNKNOWN ? UNKNOWN : count(c, k, own_finish);
        int64_t begins = own_days;
        Bound begun_by = none;
        if (of_start.days > own_days) { begins = of_start.days; begun_by = of_start; }
        if (max(max(own_start, own_finish), max(of_start.boundary, of_finish.boundary)) == UNKNOWN) {
        } else if (w > 0) {
            if (of_finish.days > max(begins + w, due_days)) {
                es = opening(c, k, of_finish.days - w); ef = of_finish.boundary;
                by_start = by_finish = of_finish;
            } else {
                es = opening(c, k, begins);
                ef = max(max(closing(c, k, begins + w), own_finish), of_finish.boundary);
                by_start = begun_by;
                if (begun_by.who >= 0 && due_days < begins + w) {
                    Bound moved = of_start; moved.days = begins + w;
                    by_finish = later_of(moved, of_finish);
                }
            }
        } else if (own_start != UNKNOWN && own_finish != UNKNOWN && due_days > begins && due_days >= of_finish.days) {
            es = opening(c, k, begins); ef = max(own_finish, of_finish.boundary); by_start = begun_by;
        } else {
            int64_t own = max(max(own_start, own_finish), today + 1);
            Bound linked = later_of(of_start, of_finish);
            es = ef = max(own, linked.boundary);
            if (linked.days > count(c, k, own)) by_start = by_finish = linked;
        }
        early_start[i] = es; early_finish[i] = ef;
        int32_t reads;
        root_of_start[i] = root[i] = i; driver_out[i] = -1;
        if ((reads = by_start.who) >= 0)
            root_of_start[i] = by_start.type == SS || by_start.type == SF ? root_of_start[reads] : root[reads];
        if ((reads = by_finish.who) >= 0) {
            root[i] = by_finish.type == SS || by_finish.type == SF ? root_of_start[reads] : root[reads];
            driver_out[i] = reads;
        }
        first_day[i] = last_day[i] = 0;
        if (ef != UNKNOWN) {
            int64_t last = opening(c, k, count(c, k, ef) - 1), f = es == ef ? last : es;
            first_day[i] = f; last_day[i] = max(last, f);
        }
    }
    for (int64_t at = found - 1; at >= 0; at--) {
        int64_t i = sequence[at], k = calendar[i], w = work[i];
        Limit none = {NEVER, -1}, ls = none, lp = none, lf = none;
        if (deadline[i]) lf = (Limit){opening(c, k, count(c, k, deadline[i] + 1)), i};
        for (int64_t e = out_at[i]; e < out_at[i + 1]; e++) {
            Edge edge = out[e];
            Limit l = edge.type >= FF ? finish_ceiling[edge.other] : start_ceiling[edge.other];
            int of_start = edge.type == SS || edge.type == SF;
            int64_t sk = calendar[edge.other];
            if (l.boundary != NEVER && edge.lag) l.boundary = latest_before(c, sk, l.boundary, edge.lag);
            Limit of_point = l;
            if (edge.need_by) {
                int64_t needed = edge.need_by + 1;
                Limit evening = {latest_before(c, sk, by_evening(c, sk, needed), edge.lag), edge.other};
                if (of_start) {
                    of_point = earlier_of(l, evening);
                    l = earlier_of(l, (Limit){opening(c, sk, count(c, sk, needed) - 1 - edge.lag), edge.other});
                } else l = earlier_of(l, evening);
            }
            if (of_start) { ls = earlier_of(ls, l); lp = earlier_of(lp, of_point); } else lf = earlier_of(lf, l);
        }
        late_start[i] = ls; late_point[i] = lp; late_finish[i] = lf;
        start_ceiling[i] = finish_ceiling[i] = none;
        int point = w == 0 && early_start[i] == early_finish[i];
        Limit of_start = lf, of_finish = lf;
        if (lf.boundary != NEVER && w) of_start.boundary = opening(c, k, count(c, k, lf.boundary) - w);
        if (ls.boundary != NEVER) {
            int64_t days = count(c, k, ls.boundary + 1) - 1;
            Limit opens = {opening(c, k, days), ls.binder};
            int64_t own = due[i] ? due[i] + 1 : UNKNOWN;
            int open_until = !w && start[i] && due[i] && count(c, k, start[i]) < count(c, k, own);
            if (!w && !open_until && start[i]) own = max(start[i] + 1, own);
            point |= open_until && own <= lp.boundary;
            if (own != UNKNOWN) own = by_evening(c, k, own);
            Limit ends = {max(opening(c, k, days + w), own), ls.binder};
            of_start = earlier_of(of_start, point ? lp : opens);
            of_finish = earlier_of(of_finish, point ? lp : ends);
        }
        if (of_start.boundary != NEVER) { of_start.boundary = latest_before(c, k, of_start.boundary, 0); start_ceiling[i] = of_start; }
        if (of_finish.boundary != NEVER) { of_finish.boundary = latest_before(c, k, of_finish.boundary, 0); finish_ceiling[i] = of_finish; }
    }
    for (int64_t i = 0; i < n; i++) {
        Limit late = late_finish[i], ls = early_start[i] == (first_day[i] ? first_day[i] : UNKNOWN) ? late_start[i] : late_point[i];
        int64_t k = calendar[i], w = work[i];
        if (ls.boundary != NEVER) {
            if (w == 0 && early_start[i] == early_finish[i]) late = earlier_of(late, ls);
            else {
                int64_t span = w;
                if (early_finish[i] != UNKNOWN) span = count(c, k, early_finish[i]) - count(c, k, early_start[i]);
                late = earlier_of(late, (Limit){closing(c, k, count(c, k, ls.boundary + 1) - 1 + span), ls.binder});
            }
        }
        binding[i] = late.binder; late_day[i] = 0; float_days[i] = NO_COUNT;
        if (late.boundary != NEVER) {
            late_day[i] = opening(c, k, count(c, k, late.boundary) - 1);
            if (early_finish[i] != UNKNOWN) float_days[i] = count(c, k, late.boundary) - count(c, k, early_finish[i]);
        }
        if (early_finish[i] == UNKNOWN) root[i] = -1;
    }
    free(into_at); free(out_at); free(waits); free(sequence); free(root_of_start); free(into); free(out);
    free(early_start); free(early_finish); free(work); free(late_start); free(late_point); free(late_finish);
    free(start_ceiling); free(finish_ceiling);
    return found;
}
