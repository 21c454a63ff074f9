// Flicker meters and the class A chain in C: what `make bench` compares ours with.
#ifndef CCLASSA_H
#define CCLASSA_H
#include <stdint.h>

/// Flicker meters of eight channels (230 V/50 Hz) for a rate; NULL where the processor has no AVX2.
void *cfigures_flicker_make(double rate);
/// Gives them back.
void cfigures_flicker_free(void *meters);
/// Takes frames of eight numbers; their levels count for Pst where `counting` is not 0.
void cfigures_flicker(void *meters, const int32_t *numbers, long frames, int counting);
/// Pst of a channel of what was counted.
double cfigures_flicker_severity(void *meters, int channel);

/// What the chain knows of its newest window, and what it counted.
struct cfigures_class_a {
    double frequency, rms[8], active[4], re[8], im[8], negative, zero;
    double subgroups[400], groups[400], interharmonics[400];
    long windows, flagged, values, events, changes;
};
/// The class A chain (50 Hz, one scale for all channels): halving, windows of ten cycles, FFTW, groups, Urms(1/2), events, rapid changes, flicker of
/// the voltages; NULL without AVX2 or FFTW.
void *cfigures_class_a_make(double rate, double scale, double declared);
/// Gives it back.
void cfigures_class_a_free(void *chain);
/// Takes frames of eight numbers.
const struct cfigures_class_a *cfigures_class_a(void *chain, const int32_t *numbers, long frames);
#endif
