import BenchCore

/// The sentences of a certificate.
enum Statements {
    /// Stands on every page of a run with anything simulated in it.
    static let simulatedMark = "SIMULATED"
    static let simulatedLine = "SIMULATED – demonstration document, not a certificate"

    static func traceability(simulated: Bool) -> String {
        if simulated {
            return
                "None. The standards of this run were simulated by a computer program; its figures are not traceable "
                + "to the International System of Units (SI). The certificates named below are part of the demonstration."
        }
        return "The results are metrologically traceable to the International System of Units (SI) through an unbroken "
            + "chain of calibrations, by way of the calibrated standards listed below."
    }

    static func uncertainty(_ factors: [Double]) -> String {
        var k = ""
        if let low = factors.min(), let high = factors.max() {
            let (a, b) = (Decimal.fixed(low, 2), Decimal.fixed(high, 2))
            k = a == b ? " (here k = \(a))" : " (here between \(a) and \(b), as printed with each result)"
        }
        return "The uncertainty stated is the expanded uncertainty U = k · u, the combined standard uncertainty u "
            + "multiplied by the coverage factor k\(k). k is taken from the t-distribution with the effective degrees of "
            + "freedom of each result (Welch–Satterthwaite), for a coverage probability of approximately 95.45 %. The "
            + "standard uncertainty was determined in accordance with JCGM 100:2008 (GUM). U is given in percent of the "
            + "reference energy, as the errors are, with two significant figures; errors are rounded to the same place. "
            + "It contains no contribution for the behaviour of the meter after the verification."
    }

    /// Document with edition; the edition is left out where the document's name ends with it.
    static func document(_ citation: Citation) -> String {
        citation.document.hasSuffix(citation.edition) ? citation.document : "\(citation.document):\(citation.edition)"
    }

    /// What the verdict says of the meter and the documents behind its limits.
    static func conformity(
        _ verdict: Verdict, _ accuracyClass: String, _ limits: [Citation]
    ) -> String {
        var documents: [String] = []
        for citation in limits where !documents.contains(document(citation)) { documents.append(document(citation)) }
        let what = "the requirements tested for class \(accuracyClass) of \(documents.joined(separator: " and "))"
        switch verdict {
        case .pass: return "The meter meets \(what), at every test point, under the decision rule stated."
        case .fail: return "The meter does not meet \(what), under the decision rule stated."
        case .inconclusive: return "It is not decided whether the meter meets \(what)."
        case .notTested: return "Nothing is stated about the meter."
        }
    }

    /// The rule in words after ILAC-G8:09/2019; w = r·U.
    static func decision(_ rule: DecisionRule) -> MeterCertificate.DecisionStatement {
        let r = rule.guardFactor
        if r == 0 {
            return .init(
                rule: "Simple acceptance (ILAC-G8:09/2019, 4.2.1), agreed before the measurement.",
                guardBand: "No guard band: w = 0.",
                risk: "The specific risk of accepting a meter outside the limit, or of rejecting one inside it, is at "
                    + "most 50 % for a result at the limit.",
                meaning: [
                    "pass: the error is inside the limits or on them",
                    "fail: the error is outside the limits",
                ] + doubts, guardFactor: r)
        }
        let factor = r == 1 ? "U" : "\(Decimal.shortest(r)) · U"
        return .init(
            rule: "Guarded acceptance and guarded rejection (ILAC-G8:09/2019, 4.2.3), agreed before the measurement.",
            guardBand: "Guard band w = \(factor), U being the expanded uncertainty of each result.",
            risk: "The specific risk of a false pass or a false fail is at most \(risk(r)) for each test point, if the "
                + "measured values are normally distributed about the true value.",
            meaning: [
                "pass: the error lies inside the limits by at least w",
                "fail: the error lies outside the limits by more than w",
                "inconclusive: the error lies nearer to a limit than w; neither conformity nor nonconformity is stated",
            ] + doubts, guardFactor: r)
    }

    private static let doubts = [
        "inconclusive also, whatever the error: missing or doubled pulses, fewer determinations than asked for, a limit of "
            + "low confidence, or U above the limit",
        "no-load, starting and repeatability tests are decided by what was counted, without guard band",
    ]

    /// The one-sided tail beyond r·U of a normal distribution with U = 2·u, rounded up: 2.5 % for r = 1 (ILAC-G8, table 1).
    static func risk(_ r: Double) -> String {
        let tail = Conformance.riskAtAcceptanceLimit(guardFactor: r) * 100
        let step = tail >= 1 ? 0.5 : tail >= 0.1 ? 0.05 : 0.001
        return Decimal.shortest(((tail / step).rounded(.up) * step * 1e6).rounded() / 1e6) + " %"
    }

    private static let reproduction =
        "This document may be reproduced in full only; extracts need the written permission of the laboratory."
    private static let signature =
        "It is valid only together with its electronic signature, which covers every byte of this file."
    private static let unrounded = "Verdicts were decided with unrounded figures."
    private static let customerData =
        "Order, batch, serial numbers and nameplate data were supplied by the customer; the laboratory answers for the "
        + "limits and loads derived from them only as far as these data are right."

    private static func simulation(_ simulated: Bool) -> [String] {
        simulated
            ? [
                "SIMULATED: this document comes from a run in which instruments or meters were played by a computer "
                    + "program. It shows what a certificate would look like. It certifies nothing."
            ] : []
    }

    static func meter(simulated: Bool) -> [String] {
        simulation(simulated) + [
            "The results relate only to the meter named on the first page, as received and at the time of the verification.",
            reproduction + " " + signature, unrounded, customerData,
            "The meter was neither adjusted nor repaired: the results are those found.",
            "All results were obtained by the laboratory itself; none comes from an external provider.",
        ]
    }

    static func batch(simulated: Bool) -> [String] {
        simulation(simulated) + [
            "Every meter listed was tested (no sampling). The results relate only to these meters, as received and at the "
                + "time of the verification; they say nothing about other meters of the lot.",
            reproduction + " " + signature,
            "The verdicts of this document summarise the certificates of the single meters, which are part of it by their "
                + "hashes; conditions, results and uncertainties stand there.",
            customerData,
            "All results were obtained by the laboratory itself; none comes from an external provider.",
        ]
    }
}
