import { describe, expect, test } from "bun:test"
import { type AlignOptions, align } from "@nuner/aligner"

/** The mentions of one entity as the text that they cover, with `~` before those found by normalisation; or the reason why none. */
const find = (text: string, entity: string, options: AlignOptions = {}): ReadonlyArray<string> | string => {
  const sentence = align({ id: "1", text, annotations: [{ entity, concept: "c" }] }, options)
  if (sentence.unaligned !== undefined) {
    expect(sentence.mentions).toEqual([])
    return sentence.unaligned[0]!.reason
  }
  return sentence.mentions.map(({ start, end, match }) => (match === "exact" ? "" : "~") + text.slice(start, end))
}

describe("words", () => {
  test("an entity inside of a longer word is not a mention", () => {
    expect(find("a USB stick", "US")).toBe("inside-word")
    expect(find("US2 and US_ID", "US")).toBe("inside-word")
    expect(find("USB in the US", "US")).toEqual(["US"])
    expect(find("pictures of art", "art")).toEqual(["art"])
    expect(find("naïveté", "naïvet")).toBe("inside-word")
  })

  test("hyphens, apostrophes, slashes and brackets bound words", () => {
    expect(find("a US-based firm, (US) US's US’s US/UK", "US")).toEqual(["US", "US", "US", "US", "US"])
    expect(find("McCallum’s Beholden", "McCallum")).toEqual(["McCallum"])
    expect(find("high-rise", "rise")).toEqual(["rise"])
  })

  test("an edge that is no word character needs no boundary", () => {
    expect(find("in the U.S. today", "U.S.")).toEqual(["U.S."])
    expect(find("One way (Fixid)and get", "One way (Fixid)")).toEqual(["One way (Fixid)"])
    expect(find("the .NET runtime", ".NET")).toEqual([".NET"])
    expect(find("write C++, then C", "C++")).toEqual(["C++"])
    expect(find("ASP.NETs", ".NET")).toBe("inside-word")
    expect(find("costs $5.", "$5")).toEqual(["$5"])
    expect(find("“quoted”text", "“quoted”")).toEqual(["“quoted”"])
  })

  test("scripts without spaces: any character edge; glued words: on demand", () => {
    expect(find("我住在北京市。", "北京")).toEqual(["北京"])
    expect(find("東京タワーへ行く", "タワー")).toEqual(["タワー"])
    expect(find("新しいiPhoneです", "iPhone")).toEqual(["iPhone"])
    expect(find("ソニーストア", "ソニー")).toBe("inside-word")
    expect(find("ソニーストア", "ソニー", { boundary: "grapheme" })).toEqual(["ソニー"])
    expect(find("USB", "US", { boundary: "grapheme" })).toEqual(["US"])
  })

  test("Korean particles end a word, syllables of it do not", () => {
    expect(find("철수는 서울에서 삼성전자를 다닌다", "서울")).toEqual(["서울"])
    expect(find("철수는 서울에서 삼성전자를 다닌다", "삼성전자")).toEqual(["삼성전자"])
    expect(find("유럽에서는 축구가", "유럽")).toEqual(["유럽"])
    expect(find("한국은행은 금리를 올렸다", "한국")).toBe("inside-word")
    expect(find("한국은행은 금리를 올렸다", "한국은행")).toEqual(["한국은행"])
  })

  test("a soft hyphen or joiner does not end a word, a zero-width space does", () => {
    expect(find("Ger\u00admany", "Ger")).toBe("inside-word")
    expect(find("Ger\u2060many", "Ger")).toBe("inside-word")
    expect(find("می‌خواهم", "می")).toBe("inside-word")
    expect(find("Rome\u200bParis", "Rome")).toEqual(["Rome"])
    expect(find("in \u2068Rome\u2069, yes", "Rome")).toEqual(["Rome"])
  })
})

describe("the whole, the many, the odd", () => {
  test("the entity is the whole sentence", () => {
    expect(find("Clock Maker", "Clock Maker")).toEqual(["Clock Maker"])
    expect(find("🙂", "🙂")).toEqual(["🙂"])
  })

  test("repeated mentions, and an entity that would overlap itself", () => {
    expect(find("Rome, Rome and Rome", "Rome")).toEqual(["Rome", "Rome", "Rome"])
    expect(find("ha ha ha ha", "ha ha")).toEqual(["ha ha", "ha ha"])
    expect(find("xha ha ha", "ha ha")).toEqual(["ha ha"])
  })

  test("characters of regular expressions are themselves", () => {
    expect(find("what (a.*b)? [x] $1 ^ a|b \\d", "(a.*b)?")).toEqual(["(a.*b)?"])
    expect(find("axb", "a.b")).toBe("absent")
    for (const entity of ["[x]", "$1", "a|b", "\\d"]) expect(find("what [x] $1 ^ a|b \\d", entity)).toEqual([entity])
  })

  test("nothing visible is empty, white space around an entity is ignored", () => {
    for (const entity of ["", " ", "\n\t", "\u200b", "\u00a0\ufeff"]) expect(find("some text", entity)).toBe("empty")
    expect(find("some text", " text\n")).toEqual(["text"])
    expect(find("", "text")).toBe("absent")
    expect(find("some text", "other")).toBe("absent")
  })
})

describe("characters are never cut", () => {
  test("surrogate pairs and emoji sequences", () => {
    expect(find("hi 😀😃 you", "😀")).toEqual(["😀"])
    expect(find("hi 😀 you", "\ud83d")).toBe("inside-word")
    expect(find("hi 😀 you", "\ude00")).toBe("inside-word")
    expect(find("a 👩‍👩‍👧 family", "👩")).toBe("inside-word")
    expect(find("a 👩‍👩‍👧 family", "👩‍👩‍👧")).toEqual(["👩‍👩‍👧"])
    expect(find("👍🏽 ok", "👍")).toBe("inside-word")
    expect(find("🇫🇷🇩🇪", "🇩🇪")).toEqual(["🇩🇪"])
    expect(find("🇫🇷🇩🇪", "🇷🇩")).toBe("inside-word")
    expect(find("Tom😀Jerry", "Tom")).toEqual(["Tom"])
    expect(find("𝒳𝒴 is math", "𝒳")).toBe("inside-word")
    expect(find("1️⃣Paris", "Paris")).toEqual(["Paris"])
    expect(find("❤️Paris", "Paris")).toEqual(["Paris"])
  })

  test("combining accents", () => {
    expect(find("cafe\u0301 noir", "cafe")).toBe("inside-word")
    expect(find("cafe\u0301 noir", "cafe\u0301")).toEqual(["cafe\u0301"])
    expect(find("2 x\u0338", "x")).toBe("inside-word")
  })

  test("offsets behind astral characters are UTF-16 units", () => {
    const { mentions } = align({ id: "1", text: "😀😀 Zoë", annotations: [{ entity: "Zoë", concept: "person" }] })
    expect(mentions).toEqual([{ start: 5, end: 8, concept: "person", match: "exact" }])
  })
})

describe("normalised matches point at the original", () => {
  test("NFC against NFD, both ways", () => {
    expect(find("un cafe\u0301 noir", "café")).toEqual(["~cafe\u0301"])
    expect(find("un café noir", "cafe\u0301")).toEqual(["~café"])
    expect(find("각 나라", "\u1100\u1161\u11a8")).toEqual(["~각"])
  })

  test("case, where one letter becomes several", () => {
    expect(find("in İstanbul now", "istanbul")).toEqual(["~İstanbul"])
    expect(find("in istanbul now", "İSTANBUL")).toEqual(["~istanbul"])
    expect(find("İİİ und Rom", "ROM")).toEqual(["~Rom"])
    expect(find("die Straße hier", "STRASSE")).toEqual(["~Straße"])
    expect(find("die Straße hier", "Stras")).toBe("inside-word")
    expect(find("ΟΔΟΣ εδώ", "οδος")).toEqual(["~ΟΔΟΣ"])
    expect(find("NEW YORK", "New York")).toEqual(["~NEW YORK"])
  })

  test("ligatures are their letters, and are not cut", () => {
    expect(find("a ﬁne oﬃce", "fine")).toEqual(["~ﬁne"])
    expect(find("a ﬁne oﬃce", "office")).toEqual(["~oﬃce"])
    expect(find("a fine day", "ﬁne")).toEqual(["~fine"])
    expect(find("oﬃce", "of")).toBe("inside-word")
  })

  test("quotes, apostrophes and dashes", () => {
    expect(find("Hobson’s Choice", "Hobson's Choice")).toEqual(["~Hobson’s Choice"])
    expect(find("the “Clock Maker” song", '"Clock Maker"')).toEqual(["~“Clock Maker”"])
    expect(find("rock ‘n’ roll", "rock 'n' roll")).toEqual(["~rock ‘n’ roll"])
    expect(find("1914–1918", "1914-1918")).toEqual(["~1914–1918"])
    expect(find("Jean‑Luc", "Jean-Luc")).toEqual(["~Jean‑Luc"])
  })

  test("white space: NBSP, runs, line breaks", () => {
    expect(find("10\u00a0km away", "10 km")).toEqual(["~10\u00a0km"])
    expect(find("New \t\n York", "New York")).toEqual(["~New \t\n York"])
    expect(find("New York", "New\u00a0 York")).toEqual(["~New York"])
    expect(find("New\u00a0 \u200b York", "new york")).toEqual(["~New\u00a0 \u200b York"])
  })

  test("what has no width is neither needed nor included at the edges", () => {
    expect(find("to Ger\u00admany!", "Germany")).toEqual(["~Ger\u00admany"])
    expect(find("x \u200bParis\u200b y", "paris")).toEqual(["~Paris"])
    expect(find("in Paris", "\u200bParis\u200b")).toEqual(["~Paris"])
    expect(find("I ❤️ it", "❤")).toEqual(["~❤️"])
    expect(find("می‌خواهم", "میخواهم")).toEqual(["~می‌خواهم"])
    expect(find("🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🏴󠁧󠁢󠁳󠁣󠁴󠁿")).toBe("absent")
  })

  test("the word boundary holds there too, an exact match elsewhere goes first, and it can be switched off", () => {
    expect(find("a usb stick", "US")).toBe("inside-word")
    expect(find("rome and Rome", "Rome")).toEqual(["Rome"])
    expect(find("ROME", "Rome", { normalise: false })).toBe("absent")
    expect(find("ROMEs Rom", "rome")).toBe("inside-word")
  })
})

test("right-to-left text: offsets are logical, points are parts of their letters", () => {
  expect(find("ירושלים היא עיר, ירושלים!", "ירושלים")).toEqual(["ירושלים", "ירושלים"])
  expect(find("שָׁלוֹם עולם", "שָׁלוֹם")).toEqual(["שָׁלוֹם"])
  expect(find("שָׁלוֹם", "ש")).toBe("inside-word")
  expect(find("زرت القاهرة أمس", "القاهرة")).toEqual(["القاهرة"])
  expect(find("زرت القاهرة أمس", "قاهرة")).toBe("inside-word")
  expect(find("\u200fThe \u202bالقاهرة\u202c city", "القاهرة")).toEqual(["القاهرة"])
})
