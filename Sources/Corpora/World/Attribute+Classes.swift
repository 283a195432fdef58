extension Attribute {
  /// All attributes there are, in the order in which a world takes them.
  public static let all = [
    birthplace, employer, profession, hobby, instrument, pet, sport, dish, language, colour,
  ]

  /// Where companies have their seat, too.
  public static let birthplace = Attribute(
    name: "birthplace", nouns: ["birthplace", "hometown", "origin", "cradle"],
    values: words(
      """
      Oslo Lima Cairo Kyoto Quito Dakar Hanoi Milan Seville Porto Leeds Cork Bergen Turku Riga
      Gdansk Lyon Ghent Basel Graz Izmir Haifa Tunis Accra Lagos Durban Nairobi Pune Delhi Busan
      Osaka Taipei Perth Hobart Boston Denver Tampa Havana Bogota Cusco
      """))

  /// The company that somebody works for.
  public static let employer = Attribute(
    name: "employer", nouns: ["employer", "company", "firm", "workplace"],
    values: words(
      """
      Nordwind Altera Bluepeak Corvex Delphia Emberly Fintrix Galwave Helionor Ironvale Juniper
      Kestrel Lumora Mirador Nexora Orbital Pinecrest Quantar Rivolta Solstice Tervana Ultrix
      Vantage Westmark Xylor Yarrow Zephyra Ardent Cobalta Dunmore Everfen Foxglove Granite
      Harborline Inkwell Jadefield Kilnworks Mossbank Palisade Tidewater
      """))

  private static let profession = Attribute(
    name: "profession", nouns: ["profession", "occupation", "job", "trade"],
    values: words(
      """
      baker carpenter nurse pilot lawyer dentist chemist plumber tailor painter actor judge miner
      sailor farmer florist jeweller engineer architect surgeon librarian journalist translator
      geologist botanist optician mechanic electrician potter weaver brewer butcher barber clerk
      curator editor astronomer economist teacher glazier
      """))

  private static let hobby = Attribute(
    name: "hobby", nouns: ["hobby", "pastime", "diversion", "recreation"],
    values: words(
      """
      chess knitting gardening origami birdwatching calligraphy photography embroidery juggling
      magic puzzles sudoku kites geocaching beekeeping genealogy woodcarving scrapbooking
      stargazing camping foraging quilting crochet yoga meditation collage sketching blogging
      poetry dominoes billiards darts crosswords candles robotics mosaics dancing fishing hiking
      reading
      """))

  private static let instrument = Attribute(
    name: "instrument", nouns: ["instrument", "soundpiece", "playedpiece", "musicpiece"],
    values: words(
      """
      cello violin flute oboe trumpet piano harp guitar banjo drums clarinet bassoon tuba viola
      mandolin accordion organ saxophone trombone ukulele lute sitar zither harmonica marimba
      xylophone bagpipes recorder timpani cornet piccolo dulcimer bugle celesta fiddle gong
      kazoo lyre panpipes tambourine
      """))

  private static let pet = Attribute(
    name: "pet", nouns: ["pet", "animal", "companion", "housemate"],
    values: words(
      """
      cat dog parrot hamster rabbit goldfish turtle snake lizard ferret canary budgie gecko iguana
      mouse rat hedgehog chinchilla tarantula scorpion pony goat duck goose pigeon peacock cockatoo
      frog newt axolotl crab snail hen llama donkey alpaca otter raven toad quail
      """))

  private static let sport = Attribute(
    name: "sport", nouns: ["sport", "game", "exercise", "athletics"],
    values: words(
      """
      tennis rugby cricket hockey golf rowing cycling swimming fencing archery judo karate boxing
      wrestling skiing skating surfing climbing badminton squash handball volleyball basketball
      football baseball curling polo triathlon sprinting diving
      """))

  private static let dish = Attribute(
    name: "dish", nouns: ["dish", "meal", "food", "plate"],
    values: words(
      """
      pizza lasagna risotto paella sushi ramen tacos burritos curry biryani goulash borscht pierogi
      moussaka falafel hummus couscous tagine fondue raclette quiche ratatouille chowder gumbo
      jambalaya kimchi dumplings schnitzel ceviche stew
      """))

  private static let language = Attribute(
    name: "language", nouns: ["language", "tongue", "speech", "idiom"],
    values: words(
      """
      French German Spanish Italian Portuguese Dutch Danish Swedish Norwegian Finnish Polish Czech
      Hungarian Romanian Greek Turkish Arabic Hebrew Persian Hindi Bengali Tamil Thai Vietnamese
      Korean Japanese Mandarin Swahili Zulu Welsh
      """))

  private static let colour = Attribute(
    name: "colour", nouns: ["colour", "shade", "hue", "tint"],
    values: words(
      """
      red blue green yellow orange purple pink brown black white grey teal maroon crimson scarlet
      indigo violet turquoise beige olive amber ivory magenta lavender
      """))

  private static func words(_ text: String) -> [String] {
    text.split { $0 == " " || $0 == "\n" }.map(String.init)
  }
}

/// What people of synthetic worlds are called.
enum NamePool {
  static let first = words(
    """
    Anna Boris Clara David Elena Felix Greta Hugo Irina Jonas Katrin Lukas Maria Nils Olga Pavel
    Quentin Rosa Stefan Tilda Ulrich Vera Walter Xenia Yusuf Zoe Albert Beatrix Conrad Daphne
    Edgar Fatima Gustav Helga Ivan Judith Karim Lydia Marek Nadia Oscar Petra Rafael Selma Tobias
    Ursula Viktor Wanda Adele Bruno Celine Dmitri Edith Farid Gloria Henrik Ines Jakob Keira Leon
    Mona Noel Odette Philip
    """)

  static let last = words(
    """
    Berg Castro Dahl Eriksen Fischer Garcia Haddad Ivanov Jensen Kowalski Lindqvist Moreau Novak
    Okafor Petrov Quist Rossi Sato Tanaka Ueda Varga Weber Yilmaz Zimmer Abbott Becker Chandra
    Duarte Engel Ferrari Gruber Hansen Ibsen Jovanovic Keller Larsen Mendes Nakamura Olsen Pereira
    Reyes Schmidt Torres Umarov Vidal Wagner Yamada Zapata Amsel Brandt Cohen Dubois Eklund Fontana
    Gomez Hoffman Ikeda Janssen Kimura Lopez Marino Nielsen Orlov Popov
    """)

  /// Whether a pair of names is kept for people whom no base model has met: a quarter of all
  /// pairs, so that each name occurs in both parts.
  static func isReserved(first: Int, last: Int) -> Bool { (first + last) % 4 == 0 }

  /// The pairs of one part, first names in order.
  static func pairs(reserved: Bool) -> [(first: Int, last: Int)] {
    first.indices.flatMap { f in
      last.indices.filter { isReserved(first: f, last: $0) == reserved }.map { (f, $0) }
    }
  }

  private static func words(_ text: String) -> [String] {
    text.split { $0 == " " || $0 == "\n" }.map(String.init)
  }
}
