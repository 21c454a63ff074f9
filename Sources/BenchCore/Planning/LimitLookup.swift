extension LimitTable {
    /// The rows that answer a load of a meter: exactly one must.
    ///
    /// A bound belongs to its row when the row says so: 5 % In is answered by «5 % In to Imax», not by «1 % In to below
    /// 5 % In». Currents are compared within 1e-9, so that 5 % of 5 A and 0.25 A are the same.
    public func rows(
        load: LoadKind, current: Double, powerFactor: PowerFactor, nameplate: Nameplate
    ) -> [LimitRow] {
        rows.filter { row in
            guard row.load == load, row.connection == nil || row.connection == nameplate.connection,
                row.powerFactors.contains(powerFactor), let from = nameplate.value(of: row.from.at.base),
                let to = nameplate.value(of: row.to.at.base)
            else { return false }
            let low = from * row.from.at.factor
            let high = to * row.to.at.factor
            let slack = 1e-9 * current
            let above = row.from.inclusive ? current >= low - slack : current > low + slack
            let below = row.to.inclusive ? current <= high + slack : current < high - slack
            return above && below
        }
    }
}
