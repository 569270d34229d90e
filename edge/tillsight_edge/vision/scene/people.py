"""Draws a person of a rendered scene from any side, walking or standing."""

from dataclasses import dataclass
from itertools import pairwise
from math import asin, cos, pi, radians, sin
from typing import Literal, TypeAlias

from ..frames import Box
from .drawing import Canvas, Colour, Point, shaded
from .looks import Looks

Mood: TypeAlias = Literal["positive", "neutral", "negative"]

HEAD_RX, HEAD_RY, HEAD_Y = 0.052, 0.07, 0.925
FACE_FROM_DEG = 72.0
"""A head that is turned further away from the camera shows no face."""


@dataclass(frozen=True)
class Pose:
    """How somebody stands at a moment."""

    yaw_deg: float = 0.0
    """0 looks at the camera, 90 to the right of the picture, 180 away."""
    head_deg: float = 0.0
    """Turn of the head against the body, the same way round."""
    phase: float = 0.0
    """Of the walk, in radians."""
    stride: float = 0.0
    """Half a step as share of the height; 0 stands."""
    reach: float = 0.0
    """1 stretches a hand out in front, as to a counter."""
    mood: Mood = "neutral"


@dataclass(frozen=True)
class Drawn:
    """What was drawn of somebody, before anybody else came in front."""

    owner: int
    pixels: int
    box: Box | None
    """Around the pixels inside the picture; None outside it."""
    face: Box | None
    """From ear to ear and from forehead to chin, also where it is hidden later; None from behind."""


def draw_person(
    canvas: Canvas, feet: Point, looks: Looks, pose: Pose, *, height_px: float, owner: int
) -> Drawn:
    """Draws somebody whose feet are at a point of the picture."""
    body = _Body(canvas, feet, looks, pose, height_px=height_px, owner=owner)
    canvas.shadow(feet, (height_px * 0.2, height_px * 0.055), 0.45)
    body.draw()
    reach = 0.45 * height_px
    around = (feet[0] - reach, feet[1] - 1.1 * height_px, feet[0] + reach, feet[1] + 0.12 * height_px)
    canvas.pattern(owner, around, looks.folds)
    body.draw_features()
    pixels, box = canvas.seen(owner, around)
    return Drawn(owner, pixels, box, body.face_box())


class _Body:
    """Shares of the height become pixels; `right` and `ahead` are the body's own, `up` is from the floor."""

    def __init__(
        self, canvas: Canvas, feet: Point, looks: Looks, pose: Pose, *, height_px: float, owner: int
    ) -> None:
        self._canvas = canvas
        self._feet = feet
        self._height = height_px
        self._looks = looks
        self._pose = pose
        self._owner = owner
        self._sin, self._cos = sin(radians(pose.yaw_deg)), cos(radians(pose.yaw_deg))
        self._head = radians((pose.yaw_deg + pose.head_deg + 180) % 360 - 180)
        self._bob = 0.012 * abs(cos(pose.phase)) * (pose.stride > 0)

    def draw(self) -> None:
        """The parts, those further away first."""
        sides = (-1, 1) if self._sin >= 0 else (1, -1)
        self._bag(behind=True)
        self._arm(sides[0])
        self._leg(sides[0])
        self._leg(sides[1])
        self._torso()
        self._bag(behind=False)
        self._arm(sides[1])
        self._neck_and_head()

    def face_box(self) -> Box | None:
        """See Drawn.face."""
        if abs(self._head) > radians(FACE_FROM_DEG):
            return None
        x, y = self._head_at(0.2 * sin(self._head), -0.1)
        rx, ry = HEAD_RX * self._height, HEAD_RY * self._height
        half = rx * (0.72 + 0.23 * cos(self._head))
        return x - half, y - 0.85 * ry, x + half, y + 0.92 * ry

    def _at(self, right: float, ahead: float, up: float) -> Point:
        x = -right * self._cos + ahead * self._sin
        y = up + self._bob - 0.25 * (ahead * self._cos + right * self._sin)
        return self._feet[0] + x * self._height, self._feet[1] - y * self._height

    def _px(self, *shares: float) -> list[float]:
        return [share * self._height for share in shares]

    def _leg(self, side: int) -> None:
        looks, pose = self._looks, self._pose
        swing = pose.stride * sin(pose.phase + (pi if side > 0 else 0))
        lift = 0.05 * max(0.0, cos(pose.phase + (pi if side > 0 else 0))) * (pose.stride > 0)
        across, thick = side * 0.052 * looks.build, looks.build
        hip, knee = self._at(across, 0, 0.5), self._at(across, swing * 0.55 + lift * 0.6, 0.27 + lift)
        ankle = self._at(across * 0.9, swing - lift * 0.5, 0.045 + lift)
        toe = self._at(across, swing - lift * 0.5 + 0.055, 0.022 + lift)
        self._limb([ankle, toe], self._px(0.03, 0.024), looks.shoes)
        bare = looks.legs in ("shorts", "skirt")
        lower = looks.skin if bare else looks.legs_colour
        dim = 1.0 if side * self._sin >= 0 else 0.8
        self._limb(
            [knee, ankle], self._px(0.045 * thick, 0.03 if bare else 0.036 * thick), shaded(lower, dim)
        )
        self._limb([hip, knee], self._px(0.07 * thick, 0.05 * thick), shaded(looks.legs_colour, dim))

    def _arm(self, side: int) -> None:
        looks, pose = self._looks, self._pose
        swing = -0.8 * pose.stride * sin(pose.phase + (pi if side > 0 else 0))
        reach = pose.reach if side > 0 else pose.reach * 0.25
        out = side * self._half_shoulder()
        shoulder = self._at(out, 0, 0.79)
        elbow = self._at(out * 1.18, swing * 0.35 - 0.01 + 0.05 * reach, 0.635 + 0.02 * reach)
        wrist = self._at(out * (1.2 - 0.3 * reach), swing + 0.03 + 0.17 * reach, 0.49 + 0.13 * reach)
        thick, dim = looks.build**0.5, 0.92 if side * self._sin >= 0 else 0.75
        cloth, skin = shaded(looks.top, dim), looks.skin
        self._ellipse(wrist, 0.024, 0.026, skin)
        self._limb([elbow, wrist], self._px(0.03 * thick, 0.022), cloth if looks.sleeves > 0.5 else skin)
        self._limb([shoulder, elbow], self._px(0.042 * thick, 0.033 * thick), cloth)
        if side > 0 and looks.bag in ("carrier", "basket") and reach < 0.5:
            self._carried(wrist)

    def _carried(self, wrist: Point) -> None:
        wide, deep = (0.06, 0.12) if self._looks.bag == "carrier" else (0.085, 0.08)
        x, y, height = *wrist, self._height
        top = y + 0.05 * height
        corners = [(x - wide * height, top), (x + wide * height, top)]
        corners += [
            (x + wide * 0.9 * height, top + deep * height),
            (x - wide * 0.9 * height, top + deep * height),
        ]
        self._canvas.polygon(corners, self._looks.accent, self._owner)
        for side in (-0.6, 0.6):
            self._canvas.line(
                wrist, (x + side * wide * height, top), shaded(self._looks.accent, 0.6), height * 0.008
            )

    def _half_shoulder(self) -> float:
        return float(0.118 * self._looks.build**0.7)

    def _torso(self) -> None:
        looks = self._looks
        wide = abs(self._cos) + 0.62 * abs(self._sin)
        shoulder, waist = self._half_shoulder() * wide, 0.098 * looks.build * wide
        hips = 0.104 * looks.build * wide
        hem = 0.29 if looks.legs == "coat" else 0.46
        outline = [(0.035, 0.855), (shoulder * 0.78, 0.828), (shoulder * 1.02, 0.785)]
        outline += [(shoulder * 0.96, 0.72), (waist, 0.6), (hips, hem)]
        if looks.legs == "skirt":
            self._upright([(waist, 0.56), (hips * 1.25, 0.3)], looks.legs_colour)
        self._upright(outline, looks.top)
        box = self._at_screen(-hips, 0.82), self._at_screen(hips, hem)
        self._canvas.pattern(self._owner, (*box[0], *box[1]), looks.cloth)
        if self._cos > 0.35:
            self._front(shoulder, hem)

    def _front(self, shoulder: float, hem: float) -> None:
        """An open jacket or a neckline."""
        looks, shift = self._looks, 0.05 * self._sin
        if looks.inner is not None:
            strip = [(-0.03, 0.845), (0.03, 0.845), (0.045, hem + 0.01), (-0.045, hem + 0.01)]
            self._polygon([self._at_screen(x + shift, y) for x, y in strip], looks.inner)
        neckline = [(-0.036, 0.855), (0.036, 0.855), (0.0, 0.8 - 0.1 * shoulder)]
        self._polygon([self._at_screen(x + shift, y) for x, y in neckline], shaded(looks.skin, 0.9))

    def _bag(self, *, behind: bool) -> None:
        bag, away = self._looks.bag, self._cos < 0.2
        if bag == "backpack" and behind != away:
            middle = -0.11 * self._sin
            half = 0.085 * abs(self._cos) + 0.055 * abs(self._sin)
            corners = [
                (middle - half, 0.8),
                (middle + half, 0.8),
                (middle + half * 1.1, 0.54),
                (middle - half * 1.1, 0.54),
            ]
            self._polygon([self._at_screen(x, y) for x, y in corners], self._looks.accent)
        elif bag == "shoulder" and not behind:
            side = 0.13 if self._cos > 0 else -0.13
            self._canvas.line(
                self._at_screen(-side * 0.7, 0.81),
                self._at_screen(side, 0.53),
                shaded(self._looks.accent, 0.7),
                self._height * 0.014,
            )
            x, y = self._at_screen(side, 0.48)
            self._ellipse((x, y), 0.055, 0.05, self._looks.accent)

    def _neck_and_head(self) -> None:
        looks, turn = self._looks, self._head
        self._limb(
            [self._at_screen(0, 0.83), self._at_screen(0.01 * sin(turn), 0.88)],
            self._px(0.036, 0.033),
            shaded(looks.skin, 0.82),
        )
        hair = looks.skin if looks.hair == "bald" else looks.hair_colour
        if looks.hair in ("cap", "beanie", "scarf"):
            hair = looks.accent if looks.hair == "scarf" else hair
        if looks.hair in ("long", "scarf"):
            self._ellipse(
                self._head_at(-0.35 * sin(turn), -0.45), HEAD_RX * 1.15, HEAD_RY * 1.25, shaded(hair, 0.9)
            )
        self._ellipse(self._head_at(-0.12 * sin(turn), 0.06), HEAD_RX * 1.04, HEAD_RY * 1.0, hair)
        if looks.hair == "bun":
            self._ellipse(
                self._head_at(-0.7 * sin(turn), 0.75 - 0.2 * cos(turn)), HEAD_RX * 0.5, HEAD_RY * 0.4, hair
            )
        if cos(turn) > -0.35:
            narrow = 0.62 + 0.3 * max(0.0, cos(turn))
            self._ellipse(self._head_at(0.3 * sin(turn), -0.14), HEAD_RX * narrow, HEAD_RY * 0.84, looks.skin)
        elif looks.hair in ("short", "bun", "cap", "beanie"):
            self._ellipse(self._head_at(0, -0.6), HEAD_RX * 0.7, HEAD_RY * 0.35, shaded(looks.skin, 0.85))
        self._hat()

    def _hat(self) -> None:
        looks, turn = self._looks, self._head
        if looks.hair not in ("cap", "beanie"):
            return
        x, y = self._head_at(-0.05 * sin(turn), 0.22)
        size = (HEAD_RX * 1.12 * self._height, HEAD_RY * 0.86 * self._height)
        self._canvas.ellipse((x, y), size, looks.accent, self._owner, arc=(180, 360))
        if looks.hair == "cap" and cos(turn) > -0.2:
            self._ellipse(
                self._head_at(0.75 * sin(turn), 0.2),
                HEAD_RX * 0.95,
                HEAD_RY * 0.16,
                shaded(looks.accent, 0.75),
            )

    def draw_features(self) -> None:
        """Eyes, brows, nose and mouth, where they look at the camera and are large enough to be seen."""
        if abs(self._head) > radians(FACE_FROM_DEG) or self._height < 40:
            return
        looks, dark = self._looks, shaded(self._looks.skin, 0.55)
        thin = max(1.0, self._height * 0.0065)
        if looks.beard:
            self._ellipse(
                self._feature(0, -0.62), HEAD_RX * 0.6, HEAD_RY * 0.3, shaded(looks.hair_colour, 1.1)
            )
        for side in (-0.42, 0.42):
            eye = self._feature(side, -0.02)
            self._ellipse(eye, HEAD_RX * 0.17, HEAD_RY * 0.075, (235, 238, 240))
            self._ellipse(eye, HEAD_RX * 0.085, HEAD_RY * 0.07, (30, 26, 24))
            self._brow(side, shaded(looks.hair_colour, 0.8), thin)
            if looks.glasses:
                x, y = eye
                rx, ry = HEAD_RX * 0.32 * self._height, HEAD_RY * 0.16 * self._height
                frame = [(x - rx, y - ry), (x + rx, y - ry), (x + rx, y + ry), (x - rx, y + ry)]
                for start, end in zip(frame, frame[1:] + frame[:1], strict=True):
                    self._canvas.line(start, end, (30, 30, 34), thin * 0.8)
        self._canvas.line(self._feature(0.02, -0.1), self._feature(0.09, -0.32), dark, thin)
        self._canvas.line(self._feature(0.09, -0.32), self._feature(-0.05, -0.33), dark, thin)
        self._mouth(thin)

    def _brow(self, side: float, colour: Colour, thin: float) -> None:
        """Raised at the inner end by the sad."""
        tilt = {"positive": 0.0, "neutral": 0.02, "negative": 0.09}[self._pose.mood]
        inner, outer = self._feature(side * 0.5, 0.18 + tilt), self._feature(side * 1.5, 0.18 - tilt)
        self._canvas.line(inner, outer, colour, thin * 1.4)

    def _mouth(self, thin: float) -> None:
        wide, bend = {"positive": (0.46, -0.16), "neutral": (0.3, 0.0), "negative": (0.32, 0.12)}[
            self._pose.mood
        ]
        lip = shaded((self._looks.skin[0] * 0.75, self._looks.skin[1] * 0.7, self._looks.skin[2]), 0.8)
        places = [-1.0, -0.5, 0.0, 0.5, 1.0]
        lower = [self._feature(wide * place, -0.52 + bend * (1 - place * place)) for place in places]
        if self._pose.mood == "positive":
            upper = [self._feature(wide * place, -0.5) for place in reversed(places)]
            self._polygon([*lower, *upper], (238, 240, 242))
        for start, end in pairwise(lower):
            self._canvas.line(
                start, end, lip if self._pose.mood != "positive" else shaded(lip, 0.8), thin * 1.5
            )

    def _feature(self, across: float, up: float) -> Point:
        """A point on the front of the head: `across` to the right of the picture when it looks at us."""
        angle = asin(max(-1.0, min(1.0, across))) + self._head
        return self._head_at(0.92 * sin(angle), up - 0.08)

    def _head_at(self, across: float, up: float) -> Point:
        """A point of the head, in its radii from its middle."""
        lean = 0.012 * self._sin
        x, y = self._at_screen(lean + across * HEAD_RX, HEAD_Y + up * HEAD_RY)
        return x, y

    def _at_screen(self, across: float, up: float) -> Point:
        return self._feet[0] + across * self._height, self._feet[1] - (up + self._bob) * self._height

    def _upright(self, outline: list[tuple[float, float]], colour: Colour) -> None:
        """A shape that is the same on both sides, from (half width, height) pairs."""
        right = [self._at_screen(half, up) for half, up in outline]
        left = [self._at_screen(-half, up) for half, up in reversed(outline)]
        self._polygon([*right, *left], colour)

    def _polygon(self, points: list[Point], colour: Colour) -> None:
        self._canvas.polygon(points, colour, self._owner)

    def _ellipse(self, centre: Point, rx: float, ry: float, colour: Colour) -> None:
        self._canvas.ellipse(centre, (rx * self._height, ry * self._height), colour, self._owner)

    def _limb(self, points: list[Point], radii: list[float], colour: Colour) -> None:
        self._canvas.limb(points, radii, colour, self._owner)
