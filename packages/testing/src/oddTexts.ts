/** Texts that are awkward one by one; each is made of names and of what surrounds them. */
const pieces = [
  "Marie Curie 🧪 was born in Warsaw 🇵🇱.",
  "👩‍👩‍👧‍👦 Ada Lovelace 👋🏽 London",
  "ولدت ماري كوري في وارسو عام 1867.",
  "מארי קירי נולדה בוורשה.",
  "\u202eMarie Curie\u202c in \u2066وارسو\u2069",
  "Zoë Müller traf François in Köln",
  "Zoe\u0308 Mu\u0308ller in Ko\u0308ln",
  "ΟΔΥΣΣΕΥΣ went to ΙΘΑΚΗΣ",
  "İstanbul'da Iğdır'dan IŞIK",
  "the ﬁrst oﬃce of Straße & Co.",
  "don't, o'clock, rock'n'roll: McCallum’s",
  "U.S. firms paid $1,000.50 (10%)",
  "e-mail ada@example.org or https://example.org/a?b=c#d",
  "#NER @user RT: LOL!!! :-) ¯\\_(ツ)_/¯",
  "A\u00adda Love\u200blace, Grace\u200dHopper\ufeff",
  "tab\tnew\nline\r\nMarie\u00a0Curie\u2003Warsaw",
  "𝕄𝕒𝕣𝕚𝕖 𝒞𝓊𝓇𝒾𝑒 𝟙𝟠𝟞𝟟",
  "Я читал Толстого в Москве; Київ, Ґалаґан",
  "हिन्दी में मैरी क्यूरी वारसॉ",
  "Tiếng Việt: Nguyễn Văn A ở Hà Nội",
  "서울에서 만난 마리 퀴리",
  "[CLS] Marie [SEP] Curie [MASK] <s> </s>",
  "x".repeat(150),
  "ANTIDISESTABLISHMENTARIANISM by J. R. R. Tolkien",
  "½ cup, 3²=9, №5, ①②③, ™®©",
  "“quoted” ‘names’ «Paris» „Wien“ 「Tokyo」",
  "\u0000\u0007Marie\u001b[31m Curie\u007f",
  "a\u0301\u0302\u0303\u0304b\u20e3 c\u0489",
  "",
  "   ",
  "🏳️‍🌈🏴󠁧󠁢󠁥󠁮󠁧󠁿1️⃣#️⃣",
  "-- --- – — … ...",
  "Warsaw,Paris;London/Rome|Oslo"
]

/** Texts of scripts whose words a dictionary of the platform divides: the same only where the dictionaries are. */
export const dictionaryTexts: ReadonlyArray<string> = [
  "マリー・キュリーはワルシャワで生まれた。",
  "東京都知事は昨日、大阪を訪れた。",
  "玛丽·居里出生于华沙。",
  "北京大学的王教授去了上海。",
  "香港大學的李小姐在台北讀書。",
  "มารี กูรี เกิดที่วอร์ซอ",
  "นายกรัฐมนตรีไปกรุงเทพมหานครเมื่อวานนี้",
  "Marie Curie 在巴黎 and โตเกียว 🧪"
]

/**
 * Two hundred odd texts: emoji, right to left, accents apart from their letters, widthless characters, controls, special tokens in the
 * text, none at all, very long ones. No script whose words need a dictionary: see `dictionaryTexts`.
 */
export const oddTexts: ReadonlyArray<string> = Array.from({ length: 200 }, (_, i) => {
  const at = (step: number) => pieces[(i * step + Math.floor(i / pieces.length)) % pieces.length]!
  if (i < pieces.length) return pieces[i]!
  if (i % 50 === 49) return Array.from({ length: 120 }, (_, k) => pieces[(i + k) % pieces.length]).join(" ")
  return [at(1), at(7), ...(i % 3 === 0 ? [at(11)] : [])].join(i % 2 === 0 ? " " : "")
})
