// Urms(1/2), dips, swells, interruptions and rapid voltage changes in C with AVX2 and FMA: a part of the class A chain.
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "Lanes.h"
#include "ClassAEvents.h"

// MARK: Rapid voltage changes

static void rapid_add(struct events *e, const struct half_value *v, int active) {
    struct rapid *r = &e->rapid[v->channel];
    double limit = e->declared * (e->steady ? 0.05 : 0.025);
    r->values[r->place] = v->rms;
    r->starts[r->place] = v->start;
    if (r->count < e->length) r->count++;
    r->place = r->place + 1 == e->length ? 0 : r->place + 1;
    if (e->steady) r->before = r->mean;
    lanes sum = _mm256_setzero_pd(), low = _mm256_set1_pd(1e300), high = _mm256_set1_pd(-1e300);
    int n = 0;
    for (; n + 4 <= r->count; n += 4) {
        lanes x = _mm256_loadu_pd(r->values + n);
        sum = _mm256_add_pd(sum, x);
        low = _mm256_min_pd(low, x);
        high = _mm256_max_pd(high, x);
    }
    double s[4], l[4], h[4];
    _mm256_storeu_pd(s, sum);
    _mm256_storeu_pd(l, low);
    _mm256_storeu_pd(h, high);
    double total = s[0] + s[1] + s[2] + s[3], least = fmin(fmin(l[0], l[1]), fmin(l[2], l[3]));
    double most = fmax(fmax(h[0], h[1]), fmax(h[2], h[3]));
    for (; n < r->count; n++) {
        total += r->values[n];
        least = fmin(least, r->values[n]);
        most = fmax(most, r->values[n]);
    }
    r->mean = total / r->count;
    r->steady = r->count == e->length && most - r->mean <= limit && r->mean - least <= limit;
    if (active) e->spoiled = 1;
    if (e->begun) e->largest = fmax(e->largest, fabs(v->rms - r->before));
    for (int c = 0; c < 3; c++)
        if (e->rapid[c].count < e->length) return;
    if (!r->steady) r->left = 1;
    int now = e->rapid[0].steady && e->rapid[1].steady && e->rapid[2].steady;
    if (e->steady && !now) {
        e->begun = 1, e->start = v->start, e->spoiled = active;
        for (int c = 0; c < 3; c++) e->rapid[c].left = !e->rapid[c].steady;
        e->largest = fabs(v->rms - r->before);
    } else if (!e->steady && now) {
        if (e->begun && !e->spoiled) e->changes++;
        e->begun = 0;
    }
    e->steady = now;
}

// MARK: Dips, swells and interruptions

enum { dip, swell, interruption };

static int beyond(const struct events *e, int kind, double rms) {
    return kind == dip ? rms < 0.9 * e->declared : kind == swell ? rms > 1.1 * e->declared : rms < 0.05 * e->declared;
}

static int over(const struct events *e, int kind) {
    for (int c = 0; c < 3; c++) {
        if (!e->known[c]) continue;
        double rms = e->newest[c].rms;
        if (kind == interruption && rms >= 0.07 * e->declared) return 1;
        if (kind == dip && rms < 0.92 * e->declared) return 0;
        if (kind == swell && rms > 1.08 * e->declared) return 0;
    }
    return kind != interruption;
}

static double angle_at(const struct half_value *v, double time) {
    return v->angle + 360 * (time - v->start) / (v->end - v->start);
}

static void event_add(struct events *e, const struct half_value *v) {
    e->newest[v->channel] = *v;
    e->known[v->channel] = 1;
    for (int kind = 0; kind < 3; kind++) {
        struct event *o = &e->event[kind];
        if (o->open) {
            if (v->end > o->end) o->end = v->end;
            if (kind == swell ? v->rms > o->extreme : v->rms < o->extreme) {
                o->extreme = v->rms;
                o->extreme_channel = v->channel;
            }
            if (beyond(e, kind, v->rms)) o->channels |= 1 << v->channel;
            if (v->channel == o->first_channel && !o->has_jump && o->has_reference && v->has_fundamental &&
                v->start > o->start + 0.4 * (v->end - v->start) && v->fundamental > 0.03 * e->declared) {
                double step = v->angle - angle_at(&o->reference, v->start);
                o->jump = step - 360 * round(step / 360);
                o->jump_until = v->end;
                o->has_jump = 1;
            }
            if (over(e, kind)) {
                o->open = 0;
                e->ended++;
            }
        } else if (beyond(e, kind, v->rms)) {
            int all = 1;
            for (int c = 0; c < 3 && kind == interruption; c++)
                all = all && e->known[c] && beyond(e, kind, e->newest[c].rms);
            if (!all) continue;
            memset(o, 0, sizeof *o);
            o->open = 1, o->start = v->start, o->end = v->end, o->extreme = v->rms;
            o->first_channel = o->extreme_channel = v->channel;
            o->channels = kind == interruption ? 7 : 1 << v->channel;
            for (int n = 0; n < e->lasts[v->channel]; n++) {
                const struct half_value *b = &e->last[v->channel][n];
                if (b->end <= v->start + (v->end - v->start) / 8 && b->has_fundamental) {
                    o->reference = *b;
                    o->has_reference = 1;
                }
            }
        }
    }
    struct half_value *last = e->last[v->channel];
    if (e->lasts[v->channel] == 4) {
        memmove(last, last + 1, 3 * sizeof *last);
        last[3] = *v;
    } else {
        last[e->lasts[v->channel]++] = *v;
    }
}

// MARK: Urms(1/2)

static lanes mean_squares(const struct history *h, double from, double to) {
    long first = (long)floor(from), last = (long)floor(to), count = last - first, n = 0;
    const lanes *x = history_frame(h, first);
    lanes a = _mm256_setzero_pd(), b = a;
    for (; n + 2 <= count + 1; n += 2) {
        a = _mm256_fmadd_pd(x[2 * n], x[2 * n], a);
        b = _mm256_fmadd_pd(x[2 * n + 2], x[2 * n + 2], b);
    }
    if (n == count) a = _mm256_fmadd_pd(x[2 * n], x[2 * n], a);
    lanes s0 = _mm256_mul_pd(x[0], x[0]), s1 = _mm256_mul_pd(x[2], x[2]);
    lanes e0 = _mm256_mul_pd(x[2 * count], x[2 * count]), e1 = _mm256_mul_pd(x[2 * count + 2], x[2 * count + 2]);
    double p = from - (double)first, q = to - (double)last;
    lanes sum = _mm256_sub_pd(_mm256_add_pd(a, b), _mm256_mul_pd(_mm256_set1_pd(0.5), _mm256_add_pd(s0, e0)));
    sum = _mm256_sub_pd(sum, _mm256_fmadd_pd(_mm256_set1_pd(p * p / 2), _mm256_sub_pd(s1, s0),
                                             _mm256_mul_pd(_mm256_set1_pd(p), s0)));
    sum = _mm256_add_pd(sum, _mm256_fmadd_pd(_mm256_set1_pd(q * q / 2), _mm256_sub_pd(e1, e0),
                                             _mm256_mul_pd(_mm256_set1_pd(q), e0)));
    return _mm256_div_pd(sum, _mm256_set1_pd(to - from));
}

static void fundamental(const struct halves *h, double from, double to, struct half_value *v) {
    double factor = (double)h->cascade.factor;
    double begin = (from - h->cascade.centre) / factor, end = (to - h->cascade.centre) / factor;
    long first = (long)ceil(begin), last = (long)floor(end);
    v->has_fundamental = first - 1 >= h->slow.first && last + 1 < h->slow.end && last > first;
    if (!v->has_fundamental) return;
    const double *x = (const double *)h->slow.memory - 4 * h->slow.first + v->channel;
    double step = 2 * M_PI / (end - begin), head = (double)first - begin, tail = end - (double)last;
    double at_begin = x[4 * (first - 1)] + (1 - head) * (x[4 * first] - x[4 * (first - 1)]);
    double at_end = x[4 * last] + tail * (x[4 * (last + 1)] - x[4 * last]);
    double re = (at_begin * head + at_end * tail) / 2, im = 0;
    double c = cos(step * head), s = sin(step * head), tc = cos(step), ts = sin(step);
    for (long n = first; n <= last; n++) {
        double weight = n == first ? (1 + head) / 2 : n == last ? (1 + tail) / 2 : 1, y = x[4 * n] * weight;
        re += y * c;
        im -= y * s;
        double turned = c * tc - s * ts;
        s = s * tc + c * ts;
        c = turned;
    }
    v->angle = atan2(im, re) * 180 / M_PI + 90;
    if (v->angle > 180) v->angle -= 360;
    v->fundamental = hypot(re, im) * 2 / (end - begin) / sqrt(2);
}

static void single(struct halves *h, int channel, struct edge edge, const struct history *history) {
    double from = edge.place - edge.period, squares[4];
    if (!history_holds(history, from, edge.place)) return;
    struct half_value v = {.channel = channel, .tracked = edge.tracked};
    _mm256_storeu_pd(squares, mean_squares(history, from, edge.place));
    v.rms = squares[channel] > 0 ? sqrt(squares[channel]) : 0;
    v.start = h->start + from * h->step, v.end = h->start + edge.place * h->step;
    fundamental(h, from, edge.place, &v);
    event_add(&h->events, &v);
    rapid_add(&h->events, &v, h->events.event[0].open || h->events.event[1].open || h->events.event[2].open);
    h->values++;
    h->sum += v.rms;
}

static void emit(struct halves *h, int channel, struct edge edge, const struct history *history) {
    struct follower *f = &h->follower[channel];
    f->place = edge.place;
    f->has_place = 1;
    if (!(f->flowing || f->measured > 0 || !edge.tracked || f->waits >= 8)) {
        f->waiting[f->waits++] = edge;
        return;
    }
    f->flowing = 1;
    for (int n = 0; n < f->waits; n++) {
        f->waiting[n].period = edge.period;
        single(h, channel, f->waiting[n], history);
    }
    f->waits = 0;
    single(h, channel, edge, history);
}

static void measure(struct follower *f, double place) {
    if (f->crossed == 3) {
        f->crossings[0] = f->crossings[1], f->crossings[1] = f->crossings[2], f->crossings[2] = place;
    } else {
        f->crossings[f->crossed++] = place;
    }
    if (f->crossed < 3) return;
    double length = f->crossings[2] - f->crossings[0], share = (f->crossings[1] - f->crossings[0]) / length;
    if (!(length > 0.8 * f->nominal && length < 1.25 * f->nominal && share > 0.4 && share < 0.6)) return;
    if (f->measured >= 3 && fabs(length / f->period - 1) > 0.01) {
        if (++f->refused <= 10) return;
        f->measured = 0;
    }
    f->refused = 0;
    if (f->measured == 7) memmove(f->lengths, f->lengths + 1, 6 * sizeof *f->lengths), f->measured = 6;
    f->lengths[f->measured++] = length;
    for (int n = 0; n < f->measured; n++) {
        int below = 0, equal = 0;
        for (int m = 0; m < f->measured; m++) {
            below += f->lengths[m] < f->lengths[n];
            equal += f->lengths[m] == f->lengths[n];
        }
        if (below <= f->measured / 2 && below + equal > f->measured / 2) f->period = f->lengths[n];
    }
}

static void follow(struct halves *h, int channel, double y, double before, double place, const struct history *history) {
    struct follower *f = &h->follower[channel];
    int crossed = (before < 0) != (y < 0);
    double step = (double)h->cascade.factor;
    if (!crossed && place <= f->quiet) return;
    if (crossed && fabs(y - before) / (2 * M_PI * step / f->period) >= f->least) {
        double at = place - step * y / (y - before);
        int had = f->has_place, good = 1;
        measure(f, at);
        if (had && f->measured > 0) {
            double gap = (at - f->place) / f->period;
            if (fabs(gap - 0.5) > 0.004) {
                f->strayed++;
                f->stray = 1;
                good = f->strayed > 8 && gap >= 0.3;
            }
            if (good) f->strayed = 0;
        } else if (had) {
            good = at - f->place >= 0.3 * f->period;
        }
        if (good) emit(h, channel, (struct edge){at, f->period, 1}, history);
    }
    double from = f->has_place ? f->place : 2.5 * f->nominal;
    if (place - from > 0.7 * f->period) {
        if (!f->stray) f->strayed = 0;
        f->stray = 0;
        emit(h, channel, (struct edge){from + f->period / 2, f->period, 0}, history);
    }
    f->quiet = (f->has_place ? f->place : 2.5 * f->nominal) + 0.7 * f->period;
}

void halves_make(struct halves *h, double rate, double start, double step, double declared, long most) {
    h->declared = h->events.declared = declared;
    h->start = start, h->step = step, h->rate = rate, h->nominal = rate / 50, h->quiet = -1e300;
    h->events.length = 100;
    cascade_make(&h->cascade, 1, rate, 2000, 400, 70, most);
    double per = h->cascade.rate / 50, sum = 0, mean = 0, gain = 0;
    h->half = (int)round(per);
    for (int k = -h->half; k <= h->half; k++) {
        double w = 0.5 + 0.5 * cos(M_PI * k / (h->half + 1));
        sum += w;
        mean += w * cos(2 * M_PI * k / per);
    }
    for (int k = -h->half; k <= h->half; k++) {
        double wave = cos(2 * M_PI * k / per), w = 0.5 + 0.5 * cos(M_PI * k / (h->half + 1));
        h->taps[k + h->half] = w * (wave - mean / sum);
        gain += h->taps[k + h->half] * wave;
    }
    for (int k = 0; k <= 2 * h->half; k++) h->taps[k] /= gain;
    history_make(&h->slow, 1, 8 * h->half + 64, most);
    h->due = 2 * h->half;
    for (int c = 0; c < 3; c++) {
        h->follower[c].nominal = h->follower[c].period = h->nominal;
        h->follower[c].least = 0.03 * declared * sqrt(2);
        h->follower[c].quiet = 2.5 * h->nominal;
    }
}

void halves_feed(struct halves *h, const struct history *history, long frames) {
    const lanes *from = history_frame(history, history->end - frames);
    lanes *target = history_room(&h->slow, frames / h->cascade.factor + 16), *room = cascade_room(&h->cascade, frames, target);
    for (long n = 0; n < frames; n++) room[n] = from[2 * n];
    h->slow.end += cascade_run(&h->cascade, frames, target);
    const int half = h->half;
    const double *taps = h->taps + half;
    int ready = 0;
    lanes ahead = _mm256_setzero_pd();
    for (; h->due < h->slow.end; h->due++) {
        lanes y;
        if (ready) {
            y = ahead;
            ready = 0;
        } else {
            // This one and the one behind it share what they read.
            const lanes *x = history_frame(&h->slow, h->due - half);
            lanes w = _mm256_broadcast_sd(taps), a = _mm256_mul_pd(w, x[0]), b = _mm256_mul_pd(w, x[1]);
            lanes after = x[1], before = x[0], c = _mm256_setzero_pd(), d = c;
            int k = 1;
            for (; k < half; k += 2) {
                lanes next = x[k + 1], last = x[-k];
                w = _mm256_broadcast_sd(taps + k);
                a = _mm256_fmadd_pd(w, _mm256_add_pd(after, last), a);
                b = _mm256_fmadd_pd(w, _mm256_add_pd(next, before), b);
                after = x[k + 2], before = x[-k - 1];
                w = _mm256_broadcast_sd(taps + k + 1);
                c = _mm256_fmadd_pd(w, _mm256_add_pd(next, before), c);
                d = _mm256_fmadd_pd(w, _mm256_add_pd(after, last), d);
            }
            if (k == half) {
                w = _mm256_broadcast_sd(taps + k);
                a = _mm256_fmadd_pd(w, _mm256_add_pd(after, x[-k]), a);
                b = _mm256_fmadd_pd(w, _mm256_add_pd(x[k + 1], before), b);
            }
            a = _mm256_add_pd(a, c), b = _mm256_add_pd(b, d);
            y = a, ahead = b, ready = h->due + 1 < h->slow.end;
        }
        double place = h->cascade.centre + (double)(h->due - half) * (double)h->cascade.factor;
        if (h->due > 2 * half && (place > h->quiet || _mm256_movemask_pd(_mm256_xor_pd(y, h->previous)) != 0)) {
            double now[4], before[4];
            _mm256_storeu_pd(now, y);
            _mm256_storeu_pd(before, h->previous);
            h->quiet = 1e300;
            for (int c = 0; c < 3; c++) {
                follow(h, c, now[c], before[c], place, history);
                h->quiet = fmin(h->quiet, h->follower[c].quiet);
            }
        }
        h->previous = y;
    }
}
#pragma clang attribute pop
#else
typedef int nothing;
#endif
