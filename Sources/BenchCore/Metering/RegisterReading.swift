/// How the registers of a meter type may be read together.
public struct RegisterReading: Sendable, Hashable, Codable {
    /// Whether one request may hold several registers at all.
    public var together: Bool
    /// How many words that belong to no register may lie between two registers of one request; most meters refuse any.
    public var gap: Int
    /// The most words of one request: 1 … 125 (Modbus Application Protocol V1.1b3, 6.3), or what the maker allows.
    public var most: Int
    /// Addresses that a request never crosses: it holds no words on both sides of one.
    public var borders: [Int]

    /// Rules by their values; left out, neighbours without a gap share a request.
    public init(together: Bool = true, gap: Int = 0, most: Int = 125, borders: [Int] = []) {
        self.together = together
        self.gap = gap
        self.most = most
        self.borders = borders
    }
}
