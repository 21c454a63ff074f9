/// A piece of a page that is never divided: a line of text, a row of a table, a figure.
struct Piece {
    /// Height in points.
    var height: Double
    /// Whether the next piece must stand on the same page.
    var keep = false
    /// White space only: dropped at the top of a page.
    var blank = false
    /// What is repeated above where a page begins with this piece: header and group title of its table.
    var repeats: [Piece] = []
    /// Whether a new page begins before it.
    var breaks = false
    /// Draws it with its top edge at the given height.
    var draw: (Pen, Double) -> Void
}

/// A face with size, colour and distance from line to line.
struct TextStyle: Sendable {
    var face: Face, size: Double, ink: Ink, leading: Double

    static let body = TextStyle(face: .sans, size: 9, ink: .black, leading: 12.6)
    static let note = TextStyle(face: .sans, size: 8, ink: .grey, leading: 11)
    static let strong = TextStyle(face: .sansBold, size: 9, ink: .black, leading: 12.6)
    static let mono = TextStyle(face: .mono, size: 7.6, ink: .black, leading: 10.6)
}

/// A column of text that runs over pages: blocks become pieces, pieces are put on pages.
struct Flow {
    static let left = 68.0, right = Paper.width - 60.0
    static let top = 104.0, bottom = Paper.height - 74.0
    static var width: Double { right - left }

    let typefaces: Typefaces
    private var pieces: [Piece] = []
    private var sections = 0

    init(_ typefaces: Typefaces) { self.typefaces = typefaces }

    /// Height of everything so far, as if it stood on one page.
    var height: Double { pieces.reduce(0) { $0 + $1.height } }

    // MARK: blocks

    /// White space.
    mutating func space(_ height: Double) { pieces.append(Piece(height: height, blank: true) { _, _ in }) }

    /// Begins a new page.
    mutating func newPage() { pieces.append(Piece(height: 0, blank: true, breaks: true) { _, _ in }) }

    /// Any piece of own making.
    mutating func append(_ piece: Piece) { pieces.append(piece) }

    /// A numbered heading; stays with what follows.
    mutating func heading(_ text: String) {
        sections += 1
        let number = "\(sections)"
        pieces.append(Piece(height: 18, blank: true) { _, _ in })
        pieces.append(
            Piece(height: 21, keep: true) { pen, y in
                pen.text(number, Self.left, y + 13, .sansBold, 10.5, .accent)
                pen.text(text, Self.left + 20, y + 13, .sansBold, 10.5, .accent)
            })
    }

    /// A heading inside a section; stays with what follows.
    mutating func subheading(_ text: String) {
        pieces.append(Piece(height: 8, blank: true) { _, _ in })
        pieces.append(
            Piece(height: 16, keep: true) { pen, y in pen.text(text, Self.left, y + 10.5, .sansBold, 9) })
    }

    /// A paragraph; its first two and its last two lines stay together. `keep` binds it to what follows.
    mutating func paragraph(
        _ text: String, _ style: TextStyle = .body, indent: Double = 0, after: Double = 4, keep: Bool = false
    ) {
        let lines = wrap(text, style, Self.width - indent)
        for (i, line) in lines.enumerated() {
            let bound = i == 0 && lines.count > 1 || i == lines.count - 2 || (keep && i == lines.count - 1)
            pieces.append(
                Piece(height: style.leading, keep: bound) { pen, y in
                    pen.text(line, Self.left + indent, y + style.size, style.face, style.size, style.ink)
                })
        }
        if after > 0 { pieces.append(Piece(height: after, keep: keep, blank: true) { _, _ in }) }
    }

    /// A sentence with a sign before it, indented. `keep` binds it to what follows.
    mutating func item(_ sign: String, _ text: String, _ style: TextStyle = .body, keep: Bool = false) {
        let lines = wrap(text, style, Self.width - 14)
        for (i, line) in lines.enumerated() {
            let bound = i == 0 && lines.count > 1 || i == lines.count - 2 || (keep && i == lines.count - 1)
            pieces.append(
                Piece(height: style.leading, keep: bound) { pen, y in
                    if i == 0 { pen.text(sign, Self.left + 2, y + style.size, style.face, style.size, style.ink) }
                    pen.text(line, Self.left + 14, y + style.size, style.face, style.size, style.ink)
                })
        }
        pieces.append(Piece(height: 2, blank: true) { _, _ in })
    }

    /// Pairs of name and value in two columns, as on the first page of a certificate.
    mutating func pairs(
        _ list: [(name: String, value: [String])], label: Double = 132, style: TextStyle = .body, gap: Double = 3.5
    ) {
        for (name, value) in list where !value.isEmpty {
            let lines = value.flatMap { wrap($0, style, Self.width - label) }
            let names = wrap(name, TextStyle(face: .sans, size: style.size, ink: .grey, leading: 0), label - 10)
            let rows = max(lines.count, names.count)
            for i in 0..<rows {
                pieces.append(
                    Piece(height: style.leading, keep: i < rows - 1) { pen, y in
                        if i < names.count {
                            pen.text(names[i], Self.left, y + style.size, .sans, style.size, .grey)
                        }
                        if i < lines.count {
                            pen.text(lines[i], Self.left + label, y + style.size, style.face, style.size, style.ink)
                        }
                    })
            }
            space(gap)
        }
    }

    /// A table with a header that is repeated on each page it runs over.
    mutating func table(_ table: Table, after: Double = 8) {
        let set = table.pieces(self)
        pieces += set.header
        for (i, row) in set.rows.enumerated() {
            var piece = row
            if i == 0 { piece.repeats = [] }
            // The first two and the last two rows stay together, a group's title with its first row.
            piece.keep = row.keep || (i == 0 && set.rows.count > 1) || i == set.rows.count - 2
            pieces.append(piece)
        }
        space(after)
    }

    // MARK: lines

    /// Breaks text into lines of a width: at blanks, inside a word only where the word alone is too long.
    func wrap(_ text: String, _ style: TextStyle, _ width: Double) -> [String] {
        func wide(_ s: String) -> Double { typefaces.width(s, style.face, style.size) }
        var lines: [String] = []
        var line = ""
        for word in Self.words(text) {
            let longer = line.isEmpty ? String(word) : line + " " + word
            if wide(longer) <= width {
                line = longer
                continue
            }
            if !line.isEmpty { lines.append(line) }
            line = ""
            for character in word {
                if !line.isEmpty, wide(line + String(character)) > width {
                    lines.append(line)
                    line = ""
                }
                line.append(character)
            }
        }
        if !line.isEmpty || lines.isEmpty { lines.append(line) }
        return lines
    }

    /// What stays on one line with the number, or the sign, before it.
    private static let units: Set<String> = [
        "%", "=", "V", "A", "Hz", "kWh", "imp/kWh", "In", "Un", "Ib", "°C", "K", "s", "min", "h", "UTC",
    ]

    /// The words of a text; a number and its unit are one word.
    private static func words(_ text: String) -> [String] {
        var words: [String] = []
        for part in text.split(separator: " ", omittingEmptySubsequences: true) {
            let bare = String(part.prefix { !",.;:)".contains($0) })
            let before = words.last?.last
            let number = before.map { $0.isNumber || "=%∞".contains($0) } ?? false
            if before == "=" || bare == "=" || words.last == "IEC" || (number && units.contains(bare)) {
                words[words.count - 1] += " " + part
            } else {
                words.append(String(part))
            }
        }
        return words
    }

    // MARK: pages

    /// Puts the pieces on pages: each page is a list of pieces with their upper edges.
    func pages() -> [[(y: Double, piece: Piece)]] {
        var pages: [[(y: Double, piece: Piece)]] = [[]]
        var y = Self.top
        func turn(_ piece: Piece) {
            pages.append([])
            y = Self.top
            for head in piece.repeats { put(head) }
        }
        func put(_ piece: Piece) {
            if piece.blank && pages[pages.count - 1].isEmpty { return }
            pages[pages.count - 1].append((y, piece))
            y += piece.height
        }
        var i = 0
        while i < pieces.count {
            var j = i
            // A blank after a piece that keeps passes the bond on.
            while j + 1 < pieces.count, pieces[j].keep || (j > i && pieces[j].blank) { j += 1 }
            let chain = pieces[i...j]
            let height = chain.reduce(0) { $0 + $1.height }
            let fits = y + height <= Self.bottom
            if pieces[i].breaks {
                if !pages[pages.count - 1].isEmpty { turn(pieces[i]) }
                i += 1
                continue
            }
            // A blank that does not fit is left out; a chain moves whole, unless no page is long enough for it.
            if !fits, chain.count == 1, pieces[i].blank {
                y = Self.bottom + 1
            } else if !fits, !pages[pages.count - 1].isEmpty, height <= Self.bottom - Self.top - 40 {
                turn(pieces[i])
                for piece in chain { put(piece) }
            } else {
                for k in i...j {
                    if y + pieces[k].height > Self.bottom, !pages[pages.count - 1].isEmpty {
                        turn(pieces[k])
                    }
                    put(pieces[k])
                }
            }
            i = j + 1
        }
        return pages.filter { !$0.isEmpty }
    }
}
