/// Why something was not signed.
public struct SigningError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The reason by name.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// A key or certificate file cannot be read, or the two do not belong together.
        case key
        /// The certificate does not have the profile of a seal certificate.
        case profile
        /// A simulated run and a key that is no demonstration key.
        case simulatedRun
        /// A real run and a demonstration key.
        case demonstrationKey
        /// What is to be signed is not there or not whole.
        case content
    }
    /// The reason.
    public var code: Code
    /// What a person needs to know.
    public var detail: String

    init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    /// What people read in messages.
    public var description: String { detail }
}
