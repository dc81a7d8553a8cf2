"""What MemeWorld talks about: themes with their two sides, and every sentence a meme may carry.

In a sentence, *asterisks* mark the words that decide when words decide.
"""

from __future__ import annotations

from dataclasses import dataclass

PRAISE_STEMS = (
    "*love* the way you {do}",
    "this is *exactly* how you {do}",
    "*nobody* {does} *like* you",
    "everyone *adores* how you {do}",
    "*just* like you when you {do}",
    "*your* {thing} in *one* picture",
)
DENIAL_STEMS = (
    "this is *not* how you {do}",
    "you would *never* {do} like this",
    "*nothing* like the way you {do}",
    "you *don't* {do} like this",
    "*no* one would say you {do} like this",
    "your {thing} is the *opposite* of this",
)


@dataclass(frozen=True)
class Theme:
    """A quality with a good and a bad side, and how it is praised and denied."""

    name: str
    good: str  # names in DRAWINGS
    bad: str
    do: str
    does: str
    thing: str
    praise_own: tuple[str, ...]
    denial_own: tuple[str, ...]

    @property
    def praise(self) -> tuple[str, ...]:
        return tuple(stem.format(do=self.do, does=self.does, thing=self.thing) for stem in PRAISE_STEMS) + self.praise_own

    @property
    def denial(self) -> tuple[str, ...]:
        return tuple(stem.format(do=self.do, does=self.does, thing=self.thing) for stem in DENIAL_STEMS) + self.denial_own


_ALL = (
    Theme(
        "smell", "rose", "skunk", "smell", "smells", "perfume",
        ("what a *lovely* scent you have", "they *know* you by your perfume"),
        ("you smell *different* from this", "this could *never* be your scent"),
    ),
    Theme(
        "popularity", "crowd", "desert", "draw a crowd", "draws a crowd", "fan club",
        ("*look* how many people love you", "everybody *came* to your party"),
        ("this is *not* the turnout at your party", "your friends *never* look like this"),
    ),
    Theme(
        "speed", "rocket", "snail", "get going", "gets going", "pace",
        ("*look* how fast you get things done", "we *saw* you in the race"),
        ("this is *not* you in the race", "you *never* answer at this pace"),
    ),
    Theme(
        "strength", "barbell", "feather", "lift", "lifts", "strength",
        ("*look* how strong you have become", "all that training *shows*"),
        ("this is *not* what you can carry", "you have *never* been this strong"),
    ),
    Theme(
        "mood", "sun", "raincloud", "light up a room", "lights up a room", "smile",
        ("the room *feels* like this when you enter", "*such* a joy to have you around"),
        ("the room *never* feels like this with you", "this is *not* your mood at breakfast"),
    ),
    Theme(
        "worth", "diamond", "tin", "sparkle", "sparkles", "value",
        ("*look* how precious you are to us", "a real *treasure* of a person"),
        ("you are *not* worth this to us", "we would *never* trade you for this"),
    ),
    Theme(
        "hygiene", "soap", "garbage", "keep clean", "keeps clean", "bathroom",
        ("*look* how fresh you are today", "your flat *always* reminds us of this"),
        ("this is *not* what your flat is like", "you have *never* been this fresh"),
    ),
    Theme(
        "cooking", "cake", "toast", "cook", "cooks", "cooking",
        ("*look* what a wonderful cook you are", "a *masterpiece* from your kitchen"),
        ("this *never* came from your kitchen", "your dinners do *not* turn out like this"),
    ),
    Theme(
        "home", "castle", "outhouse", "live", "lives", "house",
        ("*look* what a splendid home you made", "your taste in houses is *right* here"),
        ("this is *not* the home you made", "you would *never* move into this"),
    ),
    Theme(
        "voice", "songbird", "frog", "sing", "sings", "voice",
        ("*listen* to that wonderful voice of yours", "you *should* record an album"),
        ("your voice *never* sounds like this", "this is *not* you at karaoke"),
    ),
    Theme(
        "trust", "anchor", "banana", "keep a promise", "keeps a promise", "word",
        ("*look* how much we can rely on you", "this is what leaning on you *feels* like"),
        ("relying on you is *not* like this", "your word has *never* been like this"),
    ),
    Theme(
        "luck", "clover", "mirror", "bring luck", "brings luck", "fortune",
        ("*look* what you bring to the team", "a day with you *always* goes like this"),
        ("a day with you *never* goes like this", "this is *not* what you bring to the team"),
    ),
    Theme(
        "driving", "car", "tyre", "drive", "drives", "driving",
        ("*look* how well you handle the road", "every trip with you *ends* like this"),
        ("a trip with you *never* ends like this", "this is *not* you on the road"),
    ),
    Theme(
        "wit", "bulb", "brick", "think", "thinks", "wit",
        ("*look* how bright your ideas are", "your mind *works* like this"),
        ("your mind does *not* work like this", "your ideas were *never* like this"),
    ),
)  # fmt: skip

THEMES: dict[str, Theme] = {theme.name: theme for theme in _ALL}

MISSING = ("speed", "cooking", "luck")  # withheld from the head that ships, so that a visitor has something to teach

INSULTS = (
    "you are a *useless* *fool*",
    "what a *pathetic* *loser* you are",
    "you *ruin* *everything* you touch",
    "nobody *wants* you *here*",
    "you are a complete *waste* of *space*",
    "your opinion is *worthless*",
    "you are *dumber* than a doorknob",
    "go away, you *miserable* *clown*",
    "you are the *worst* person in this office",
    "we all *laugh* *behind* your *back*",
    "you *disgust* everyone you meet",
    "what a *stupid* thing to be you",
    "you are an *embarrassment* to this team",
    "you will *always* be a *failure*",
    "nobody *likes* you and nobody *will*",
    "you are as *dull* as they come, you *bore*",
    "shut up, you *annoying* *pest*",
    "you are *ugly* inside and out",
    "such a *spineless* *coward* you are",
    "your work is *garbage* and so are *you*",
    "you *lazy* *good-for-nothing*",
    "everyone is *sick* of *you*",
    "you are a *liar* and a *cheat*",
    "what an *idiot* you turned out to be",
    "you *deserve* to be *alone*",
    "the *dumbest* person here is *you*",
    "you are a *terrible* *friend*",
    "we *hate* having you around",
    "you *stink* as a human being",
    "you are *nothing* but a *nuisance*",
)

NEUTRALS = (
    "the meeting starts at nine",
    "monday again",
    "the printer is out of paper",
    "taking the bus to town",
    "lunch is at half past twelve",
    "the library opens at ten",
    "one ticket to the museum",
    "the shop closes early on sundays",
    "waiting for the kettle",
    "the garden gate is open",
    "a letter came in the post",
    "the train leaves from platform two",
    "the weekend is two days away",
    "some tea before the film",
    "the radio plays in the kitchen",
    "notes from the second lesson",
    "a walk along the river",
    "the clock on the wall says four",
    "there is a map in the drawer",
    "the lift stops on the third floor",
    "a parcel for the neighbours",
    "the game begins after the break",
    "pancakes on a wednesday",
    "the window faces the street",
    "looking for the other sock",
    "the calendar has a new page",
    "a chair and a table",
    "homework for thursday",
    "the market is on the square",
    "it is autumn in the park",
    "the phone is charging",
    "the road bends to the left",
    "a picture from the holidays",
    "the plants were watered at noon",
    "two spoons of sugar",
    "the alarm rings at seven",
    "the newspaper is on the step",
    "boots by the door",
    "a recipe with five steps",
    "the choir meets on tuesdays",
    "the light turns green",
    "the menu is on the board",
    "a queue at the post office",
    "the ferry crosses the lake",
    "the cat sleeps on the sofa",
    "a page from the album",
    "the tap in the hall drips",
    "the number is on the back",
    "a quiet evening with a puzzle",
    "the bakery is around the corner",
    "the coat hangs on the hook",
    "the forecast mentions some wind",
    "a spare key under the mat",
    "the class is on the first floor",
    "the water is warm in june",
    "we painted the fence",
    "the box goes on the shelf",
    "breakfast on the balcony",
    "the band plays at eight",
    "the bridge has three arches",
)

OPENERS = (
    "", "honestly,", "fun fact:", "just saying,", "dear colleague,", "good morning,", "hey there,", "breaking news:", "no joke,",
    "true story:", "by the way,", "so,", "listen,", "hello again,", "reminder:", "for the record,", "guess what,", "well well,",
    "oh look,", "quick note:", "as they say,", "today's headline:", "seriously,", "in short,", "between us,",
)  # fmt: skip

CLOSERS = (
    "", "every single day", "as always", "these days", "once again", "this week", "in case you wondered", "since last summer",
    "according to the internet", "at the office", "on a tuesday", "my friend", "before coffee", "after lunch", "all year round",
    "and that is that", "says my grandma", "in this town", "from monday to friday", "when it rains", "at half past nine",
    "here we are", "and I mean it", "on the weekend", "just like last time",
)  # fmt: skip
