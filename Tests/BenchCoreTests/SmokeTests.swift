import Testing

@testable import BenchCore
