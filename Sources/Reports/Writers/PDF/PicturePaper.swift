/// A picture that BenchCore draws as SVG, as one page of a PDF file: lines stay lines and text stays text.
///
/// Understood is what `RecordingPlot` writes: `svg`, `g` with `translate`, `rect`, `line`, `polyline` and `text`; anything else is refused, so that no
/// part of a picture is left out unseen.
public enum PicturePaper {
    /// Margins of the page and size of its heading, points.
    private static let margin = 40.0, heading = 11.0

    /// The bytes of the file; the same picture gives the same bytes.
    ///
    /// - Parameters:
    ///   - svg: the picture.
    ///   - title: stands above it and in the file's properties.
    ///   - created: when what it shows was made, `2026-11-21T17:36:33Z`; never the clock's time.
    /// - Throws: `PaperError` where the font is missing, lacks a character, or the picture holds something else.
    public static func bytes(svg: String, title: String, created: String) throws -> [UInt8] {
        let elements = try SVGElement.read(svg)
        guard let root = elements.first, root.name == "svg", let width = root.number("width"),
            let height = root.number("height"), width > 0, height > 0
        else { throw PaperError.drawing("the picture does not begin with svg, width and height") }
        let paper = try Paper(
            PaperProperties(title: title, subject: "", author: "", keywords: "", created: created), try Typefaces())
        let room = (Paper.width - 2 * margin, Paper.height - 2 * margin - 20)
        let scale = min(room.0 / width, room.1 / height)
        var trouble: PaperError?
        paper.page { pen in
            pen.text(title, margin, margin, .sansBold, heading)
            let view = View(scale: scale, left: margin, top: margin + 20)
            do throws(PaperError) {
                try draw(Array(elements.dropFirst()), pen, view, root)
            } catch {
                trouble = error
            }
        }
        if let trouble { throw trouble }
        return try paper.finish()
    }

    /// From the picture's coordinates to the page's.
    private struct View {
        var scale: Double, left: Double, top: Double
        var dx = 0.0, dy = 0.0
        func point(_ x: Double, _ y: Double) -> (Double, Double) {
            (left + scale * (x + dx), top + scale * (y + dy))
        }
    }

    private static func draw(
        _ elements: [SVGElement], _ pen: Pen, _ view: View, _ root: SVGElement
    ) throws(PaperError) {
        var views = [view]
        for element in elements {
            let view = views[views.count - 1]
            switch element.name {
            case "g":
                var inner = view
                let shift = element.translation
                inner.dx += shift.0
                inner.dy += shift.1
                views.append(inner)
            case "/g": if views.count > 1 { views.removeLast() }
            case "/svg", "/text": break
            case "line":
                guard let x1 = element.number("x1"), let y1 = element.number("y1"), let x2 = element.number("x2"),
                    let y2 = element.number("y2"), let ink = element.ink("stroke")
                else { throw element.refused }
                pen.line([view.point(x1, y1), view.point(x2, y2)], view.scale, ink)
            case "polyline":
                guard let ink = element.ink("stroke") else { throw element.refused }
                let points = element.points.map { view.point($0.0, $0.1) }
                pen.line(points, (element.number("stroke-width") ?? 1) * view.scale, ink)
            case "rect": try rectangle(element, pen, view, root)
            case "text":
                guard let x = element.number("x"), let y = element.number("y") else { throw element.refused }
                let at = view.point(x, y)
                let size = (root.number("font-size") ?? 11) * view.scale
                let ink = element.ink("fill") ?? .black
                switch element.attributes["text-anchor"] {
                case "middle": pen.centred(element.text, at.0, at.1, .sans, size, ink)
                case "end": pen.text(element.text, at.0, at.1, .sans, size, ink, right: true)
                default: pen.text(element.text, at.0, at.1, .sans, size, ink)
                }
            default: throw element.refused
            }
        }
    }

    private static func rectangle(
        _ element: SVGElement, _ pen: Pen, _ view: View, _ root: SVGElement
    ) throws(PaperError) {
        // The white ground of the whole picture is the paper itself.
        if element.attributes["width"] == "100%" { return }
        guard let x = element.number("x"), let y = element.number("y"), let width = element.number("width"),
            let height = element.number("height")
        else { throw element.refused }
        let corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)].map { view.point($0.0, $0.1) }
        if let fill = element.ink("fill") {
            pen.shape(corners, fill)
        } else if let stroke = element.ink("stroke") {
            pen.line(corners + [corners[0]], view.scale, stroke)
        }
    }
}

/// A tag of our own pictures: its attributes, and the text behind it.
struct SVGElement: Sendable, Hashable {
    var name: String, attributes: [String: String], text = ""

    var refused: PaperError { .drawing("«<\(name)>» of the picture cannot be put on paper") }

    func number(_ key: String) -> Double? { attributes[key].flatMap { Double($0) } }

    /// A colour as `#rrggbb`, `black` or `white`; `nil` for none.
    func ink(_ key: String) -> Ink? {
        guard let text = attributes[key] else { return nil }
        switch text {
        case "black": return .black
        case "white": return .white
        default:
            guard text.hasPrefix("#"), text.utf8.count == 7, let value = Int(text.dropFirst(), radix: 16) else {
                return nil
            }
            return Ink(
                red: Double(value >> 16) / 255, green: Double(value >> 8 & 255) / 255, blue: Double(value & 255) / 255)
        }
    }

    /// Of `translate(x y)`.
    var translation: (Double, Double) {
        guard let text = attributes["transform"], text.hasPrefix("translate("), text.hasSuffix(")") else {
            return (0, 0)
        }
        let parts = text.dropFirst(10).dropLast().split(separator: " ").map { Double($0) ?? 0 }
        return (parts.first ?? 0, parts.dropFirst().first ?? 0)
    }

    var points: [(Double, Double)] {
        (attributes["points"] ?? "").split(separator: " ").compactMap { pair in
            let parts = pair.split(separator: ",").compactMap { Double($0) }
            return parts.count == 2 ? (parts[0], parts[1]) : nil
        }
    }

    /// The tags of a picture in order; throws for what is no tag.
    static func read(_ svg: String) throws(PaperError) -> [SVGElement] {
        var elements: [SVGElement] = []
        var rest = svg.utf8[...]
        while let open = rest.firstIndex(of: UInt8(ascii: "<")) {
            if let last = elements.indices.last, elements[last].name == "text" {
                elements[last].text = plain(String(rest[..<open]) ?? "")
            }
            guard let close = rest[open...].firstIndex(of: UInt8(ascii: ">")),
                let tag = String(rest[rest.index(after: open)..<close])
            else { throw .drawing("a tag of the picture is not closed") }
            elements.append(element(tag))
            rest = rest[rest.index(after: close)...]
        }
        return elements
    }

    private static func element(_ tag: String) -> SVGElement {
        let name = String(tag.prefix { $0 != " " && !$0.isNewline })
        var attributes: [String: String] = [:]
        var rest = tag.dropFirst(name.count)
        while let equals = rest.firstIndex(of: "=") {
            let key = String(rest[..<equals].drop { $0.isWhitespace })
            let quoted = rest[rest.index(after: equals)...]
            guard quoted.first == "\"", let end = quoted.dropFirst().firstIndex(of: "\"") else { break }
            attributes[key] = plain(String(quoted[quoted.index(after: quoted.startIndex)..<end]))
            rest = quoted[quoted.index(after: end)...]
        }
        return SVGElement(name: name, attributes: attributes)
    }

    private static func plain(_ text: String) -> String {
        text.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&amp;", with: "&")
    }
}
