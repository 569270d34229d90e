// The browser knows its time zone better than the hub's machine does.

const zone = document.getElementById("tz");
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && here && zone.value === zone.defaultValue && !zone.hasAttribute("aria-invalid")) zone.value = here;
