/// Coverage factors where one or two rectangular inputs dominate a budget (EA-4/02 M:2022, supplements S9 and S10).
///
/// With such a budget k = 2 covers more than it says; the factors here belong to the distribution that results.
public enum Coverage {
    /// k for a result that is rectangular: k = p·√3 (EA-4/02, S9); 1.65 at 95 %.
    public static func rectangular(_ probability: Double = 0.95) -> Double { probability * 3.0.squareRoot() }

    /// k for a trapezoid, the sum of two rectangles whose half widths are a₁ and a₂, β = |a₁ − a₂|/(a₁ + a₂) (EA-4/02,
    /// S10).
    ///
    /// `nil` outside 0 ≤ β ≤ 1, and where p/(2 − p) < β: the interval would end on the flat top.
    public static func trapezoidal(beta: Double, _ probability: Double = 0.95) -> Double? {
        guard beta >= 0, beta <= 1, probability / (2 - probability) >= beta else { return nil }
        let tail = ((1 - probability) * (1 - beta * beta)).squareRoot()
        return (1 - tail) / ((1 + beta * beta) / 6).squareRoot()
    }
}
