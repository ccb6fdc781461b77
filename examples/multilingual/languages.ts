/** A language of the example: texts that we made, the question in that language, and what a model is taken to have answered, a line an entity. */
export interface Language {
  readonly name: string
  readonly question: string
  readonly document: string
  /** Of each sentence of the document, in order. */
  readonly answers: ReadonlyArray<string>
  /** A sentence to mark in the end. */
  readonly unseen: string
}

/** What the paper's prompt asks for (Figure 2), asked in the text's language: a model then names the concepts in it too. */
export const languages: ReadonlyArray<Language> = [
  {
    name: "Russian",
    question:
      "Найдите в тексте как можно больше сущностей и понятий и назовите понятие, к которому относится каждая.\nФормат ответа, по одной сущности в строке:\nсущность из текста <> понятие <> описание понятия\nТекст:",
    document:
      "Ирина Волкова открыла пекарню в Казани в 2019 году. Хлеб она возит из Самары. Компания «Волга Хлеб» наняла Петра Орлова. Он живёт в Твери.",
    answers: [
      "Ирина Волкова <> Человек <> имя\nКазани <> Город <> населённый пункт\n2019 году <> год <> время",
      "Самары <> город <> населённый пункт",
      "Волга Хлеб <> Компания <> предприятие\nПетра Орлова <> человек <> имя",
      "Твери <> ГОРОД <> населённый пункт"
    ],
    unseen: "Петра Орлова видели в Казани."
  },
  {
    name: "Chinese",
    question:
      "请在文本中找出尽可能多的实体和概念，并说明每个实体属于什么概念。\n输出格式，每行一个实体：\n文本中的实体 <> 概念 <> 概念说明\n文本：",
    document: "王丽在成都开了一家茶馆。茶叶来自杭州。李强去年离开了远山公司。他现在住在成都。",
    answers: [
      "王丽 <> 人物 <> 姓名\n成都 <> 城市 <> 地点\n茶馆 <> 店铺 <> 商业",
      "杭州 <> 城市 <> 地点",
      "李强 <> 人物 <> 姓名\n远山公司 <> 公司 <> 企业",
      "成都 <> 城市 <> 地点"
    ],
    unseen: "李强住在杭州。"
  },
  {
    name: "Arabic",
    question:
      "استخرج من النص أكبر عدد ممكن من الكيانات والمفاهيم واذكر المفهوم الذي ينتمي إليه كل كيان.\nصيغة الإجابة، كيان في كل سطر:\nالكيان من النص <> المفهوم <> وصف المفهوم\nالنص:",
    document: "افتتحت سلمى مقهى في تونس. هل يأتي البن من عدن؟ ترك يوسف شركة النخيل. يعيش الآن في تونس.",
    answers: [
      "سلمى <> شخص <> اسم\nتونس <> مدينة <> مكان",
      "عدن <> مدينة <> مكان",
      "يوسف <> شخص <> اسم\nشركة النخيل <> شركة <> مؤسسة",
      "تونس <> مدينة <> مكان"
    ],
    unseen: "يعيش يوسف في عدن."
  }
]
