/** A page of our own: enough to learn a small vocabulary from. */
export const texts: ReadonlyArray<string> = [
  "The river Elbe rises in the Giant Mountains and reaches the North Sea near Cuxhaven.",
  "Marie Curie shared the Nobel Prize in Physics with her husband Pierre in 1903.",
  "A train from Lyon to Turin crosses the Alps through the Fréjus tunnel.",
  "The company sold 1,200 bicycles last year, twice as many as the year before.",
  "Zoë ordered a café crème and two croissants 🥐 at the corner of Rue de Rivoli.",
  "Researchers at the university measured the enzyme in the liver of mice.",
  "The mayor of Rotterdam opened the new bridge on Tuesday morning.",
  "Don't forget that the library closes at six o'clock on Fridays!",
  "In the second half the goalkeeper of Valencia saved two penalties.",
  "Her grandmother's recipe needs flour, butter, sugar and a pinch of salt.",
  "The satellite was launched from Kourou aboard an Ariane rocket.",
  "The bank raised its interest rate by a quarter of a point in March."
]
