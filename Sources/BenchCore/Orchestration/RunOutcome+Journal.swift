extension RunOutcome {
    /// The outcome of a run that came to its proper end, from its journal; `nil` where there is still something to measure.
    ///
    /// A program that was killed between the last line of the journal and the certificates leaves such a run.
    public init?(_ entries: [JournalEntry]) {
        var finished: RunFinished?
        var efficiency = Efficiency(bound: 0, actual: 0, losses: [:])
        var safe: [SafeStepDone] = []
        for entry in entries {
            switch entry.what {
            case .runFinished(let end): finished = end
            case .efficiency(let figure): efficiency = figure
            case .resumed: safe = []
            case .safe(let step): safe.append(step)
            default: break
            }
        }
        guard let finished, finished.complete else { return nil }
        complete = true
        verdicts = finished.verdicts
        self.efficiency = efficiency
        stopped = nil
        fault = nil
        self.safe = safe
    }
}
