// A slider with two thumbs over the fields for the first and the last year. Each thumb is a range
// input: arrow keys, Home and End work, and screen readers know it.

export class YearSlider {
  constructor(slider, first, last) {
    this.slider = slider;
    [this.low, this.high] = slider.querySelectorAll("input");
    this.track = slider.querySelector(".track");
    [this.first, this.last] = [first, last];
    this.low.addEventListener("input", () => this.moved(this.low));
    this.high.addEventListener("input", () => this.moved(this.high));
    for (const field of [first, last]) field.addEventListener("input", () => this.show());
  }

  // Years there are papers of; one year leaves nothing to slide.
  setSpan([least, most] = []) {
    this.slider.hidden = !(least < most);
    [this.least, this.most] = [least, most];
    for (const thumb of [this.low, this.high]) [thumb.min, thumb.max] = [least, most];
    this.show();
  }

  show() {
    if (this.slider.hidden) return;
    this.low.value = year(this.first) ?? this.least;
    this.high.value = year(this.last) ?? this.most;
    this.paint();
  }

  moved(thumb) {
    // One thumb pushes the other along.
    if (Number(this.low.value) > Number(this.high.value)) {
      (thumb === this.low ? this.high : this.low).value = thumb.value;
    }
    const [low, high] = [Number(this.low.value), Number(this.high.value)];
    this.first.value = low === this.least ? "" : low;
    this.last.value = high === this.most ? "" : high;
    this.paint();
  }

  paint() {
    const share = (value) => `${(100 * (value - this.least)) / (this.most - this.least)}%`;
    this.track.style.setProperty("--from", share(this.low.value));
    this.track.style.setProperty("--to", share(this.high.value));
    for (const thumb of [this.low, this.high]) thumb.setAttribute("aria-valuetext", thumb.value);
  }
}

function year(field) {
  return /^\d{4}$/.test(field.value.trim()) ? Number(field.value) : null;
}
