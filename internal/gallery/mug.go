//go:build ignore

// Draws the example picture, a mug on a desk in morning light, and puts it as a
// data: address into every example that shows it. Run it with "go generate".
package main

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/jpeg"
	"log"
	"math"
	"os"
	"path/filepath"
	"regexp"
)

const (
	width, height = 480, 360
	fine          = 3 // samples per pixel and direction
	desk          = 236.0
)

func main() {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, draw(), &jpeg.Options{Quality: 84}); err != nil {
		log.Fatal(err)
	}
	address := `"data:image/jpeg;base64,` + base64.StdEncoding.EncodeToString(b.Bytes()) + `"`
	files, err := filepath.Glob("*.json")
	if err != nil {
		log.Fatal(err)
	}
	picture := regexp.MustCompile(`"data:image/[^"]*"`)
	for _, name := range files {
		doc, err := os.ReadFile(name)
		if err != nil {
			log.Fatal(err)
		}
		if err := os.WriteFile(name, picture.ReplaceAll(doc, []byte(address)), 0o644); err != nil {
			log.Fatal(err)
		}
	}
	log.Printf("the picture has %d bytes", b.Len())
}

type rgb [3]float64

func (c rgb) mix(d rgb, t float64) rgb {
	t = math.Max(0, math.Min(1, t))
	for i := range c {
		c[i] += (d[i] - c[i]) * t
	}
	return c
}

func draw() image.Image {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			var sum rgb
			for k := range fine * fine {
				c := at(float64(x)+(float64(k%fine)+.5)/fine, float64(y)+(float64(k/fine)+.5)/fine)
				for i := range sum {
					sum[i] += c[i] / (fine * fine)
				}
			}
			img.SetRGBA(x, y, color.RGBA{uint8(sum[0]), uint8(sum[1]), uint8(sum[2]), 255})
		}
	}
	return img
}

// at returns the colour of the scene at one point, from back to front.
func at(x, y float64) rgb {
	c := wall(x, y)
	if y > desk {
		c = wood(x, y)
		c = c.mix(rgb{52, 32, 20}, .55*falloff(ellipse(x, y, 300, 306, 150, 22))) // shadow
	}
	c = handle(x, y, c)
	c = body(x, y, c)
	return steam(x, y, c)
}

// ellipse is below 1 inside.
func ellipse(x, y, cx, cy, rx, ry float64) float64 {
	return math.Hypot((x-cx)/rx, (y-cy)/ry)
}

func falloff(d float64) float64 { return math.Max(0, 1-d*d) }

func wall(x, y float64) rgb {
	c := rgb{226, 219, 206}.mix(rgb{186, 178, 168}, x/width*.9)
	light := 1 - ellipse(x, y, 60, 40, 330, 260)
	c = c.mix(rgb{255, 246, 222}, light)
	return c.mix(rgb{150, 140, 130}, .25*math.Max(0, 1-(desk-y)/24))
}

func wood(x, y float64) rgb {
	depth := (y - desk) / (height - desk)
	grain := math.Sin(y*.9/(.35+depth)+2.2*math.Sin(x*.012+y*.05)) * .5
	c := rgb{146, 98, 62}.mix(rgb{112, 70, 42}, .5+.4*grain)
	return c.mix(rgb{222, 176, 128}, .5*math.Max(0, 1-ellipse(x, y, 110, 250, 260, 80)))
}

func handle(x, y float64, c rgb) rgb {
	d := ellipse(x, y, 312, 206, 50, 52)
	if d > 1 || ellipse(x, y, 308, 206, 30, 34) < 1 {
		return c
	}
	return rgb{40, 98, 112}.mix(rgb{22, 58, 68}, (x-300)/60+.3)
}

func body(x, y float64, c rgb) rgb {
	const cx, rx, top, bottom = 236.0, 74.0, 134.0, 292.0
	side := (x - cx) / (rx - 7*(y-top)/(bottom-top))
	inside := math.Abs(side) < 1 && y > top && y < bottom+16*math.Sqrt(math.Max(0, 1-side*side))
	if inside {
		c = rgb{52, 124, 140}.mix(rgb{18, 54, 66}, math.Pow((side+1)/2, 1.4))
		c = c.mix(rgb{168, 214, 220}, .7*falloff((side+.62)/.22)*falloff((y-214)/100))
		if y > 236 && y < 250 {
			c = c.mix(rgb{236, 224, 196}, .85-.35*(side+1)/2) // painted band
		}
	}
	switch rim := ellipse(x, y, cx, top, rx, 17); {
	case ellipse(x, y, cx, top+3, rx-7, 13) < 1:
		c = rgb{58, 34, 20}.mix(rgb{120, 78, 46}, .6*falloff(ellipse(x, y, cx-26, top+4, 36, 7)))
	case rim < 1:
		c = rgb{120, 182, 192}.mix(rgb{44, 104, 118}, (side+1)/2)
	}
	return c
}

func steam(x, y float64, c rgb) rgb {
	for _, s := range []struct{ x, phase float64 }{{214, 0}, {244, 2}, {266, 4}} {
		centre := s.x + 9*math.Sin(y*.055+s.phase)
		strength := .42 * falloff((y-84)/52) * falloff((x-centre)/7)
		c = c.mix(rgb{255, 255, 252}, strength)
	}
	return c
}
