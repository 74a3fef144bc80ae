VERSION 1.0

# all builds everything.
all:
    BUILD +image

# image is what the Dockerfile makes.
image:
    # tag is the image's tag.
    ARG tag=dev
    FROM DOCKERFILE .
    SAVE IMAGE app:$tag
