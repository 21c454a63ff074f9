/// Who is served next on a line: units in turn, requests of one unit in order, safe actions before all.
///
/// A unit with a hundred requests waiting gets one turn, then every other unit that waits gets one.
struct ModbusTurns<Waiter> {
    private var urgent: [Waiter] = []
    /// The units that wait, the next one first; each with its requests, the oldest first.
    private var lanes: [(unit: Int, waiters: [Waiter])] = []

    /// How many wait.
    var count: Int { lanes.reduce(urgent.count) { $0 + $1.waiters.count } }

    /// A request joins the end of its unit's lane, or goes before all others.
    mutating func put(_ waiter: Waiter, unit: Int, urgent isUrgent: Bool) {
        if isUrgent {
            urgent.append(waiter)
        } else if let lane = lanes.firstIndex(where: { $0.unit == unit }) {
            lanes[lane].waiters.append(waiter)
        } else {
            lanes.append((unit, [waiter]))
        }
    }

    /// Takes out whose turn it is; that unit goes to the end of the round.
    mutating func next() -> Waiter? {
        if !urgent.isEmpty { return urgent.removeFirst() }
        guard !lanes.isEmpty else { return nil }
        var lane = lanes.removeFirst()
        let waiter = lane.waiters.removeFirst()
        if !lane.waiters.isEmpty { lanes.append(lane) }
        return waiter
    }
}
